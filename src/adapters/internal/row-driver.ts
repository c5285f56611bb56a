import type { Awaitable, Capability, Driver, DriverPage, Entry, SwapResult } from "../../driver.ts";
import { type ErrorDetails, KeyValueError } from "../../errors.ts";
import { compareCodePoints } from "../../order.ts";
import type { Page } from "../../protocol.ts";
import { failure } from "./object-failure.ts";
import { CALL_UNITS, type Names, type NamesRequest, type Operations, type Row } from "./operations.ts";
import { shardOf } from "./shard.ts";
import { fromSqlText, toSqlText, utf8Length } from "./sql-text.ts";

/** What to make of stored text that is not JSON: an error with code `corrupted`, or a missing entry. */
export type OnCorrupt = "throw" | "miss";

/** Has the table of one shard do something. */
export type Send = <K extends keyof Operations>(
  shard: number,
  operation: K,
  args: Parameters<Operations[K]>,
) => Awaitable<ReturnType<Operations[K]>>;

/**
 * The most bytes of a collection, a key and the JSON of a value together: rows have 2 MB, and a few bytes of that go to
 * the times and the version. Source: developers.cloudflare.com/durable-objects/platform/limits.
 */
export const ROW_BYTES = 1_999_800;

/** How many expired rows one call or alarm reclaims. */
export const CULL_ROWS = 1000;

/** A driver over tables of entries, of which `shards` share the keys. */
export function rowDriver(
  name: string,
  shards: number,
  send: Send,
  onCorrupt: OnCorrupt | undefined,
): Driver<Capability> {
  const everyShard = Array.from({ length: shards }, (_, shard) => shard);

  async function ask<K extends keyof Operations>(
    shard: number,
    details: ErrorDetails,
    operation: K,
    ...args: Parameters<Operations[K]>
  ): Promise<ReturnType<Operations[K]>> {
    try {
      return await send(shard, operation, args);
    } catch (error) {
      throw failure(error, { store: name, ...details });
    }
  }

  /** Refuses what does not fit a row. A UTF-16 unit takes at most six bytes, so most need no counting. */
  function check(collection: string, key: string, json = ""): void {
    if ((collection.length + key.length + json.length) * 6 <= ROW_BYTES) return;
    const size = utf8Length(toSqlText(collection)) + utf8Length(toSqlText(key)) + utf8Length(json);
    if (size <= ROW_BYTES) return;
    const details = { store: name, collection, key: key.slice(0, 1000), size, limit: ROW_BYTES };
    throw new KeyValueError("too_large", "collection, key and value together are too large for a row", details);
  }

  function encode(collection: string, key: string, { value, createdAt, expiresAt }: Entry): Row {
    const json = JSON.stringify(value);
    check(collection, key, json);
    return { value: json, createdAt, expiresAt };
  }

  function decode(collection: string, key: string, row: Row | null | undefined): Entry | undefined {
    if (!row) return undefined;
    try {
      const value = JSON.parse(row.value);
      if (value !== null) return { ...row, value };
    } catch {}
    if (onCorrupt === "miss") return undefined;
    throw new KeyValueError("corrupted", "the stored value is not JSON", { store: name, collection, key });
  }

  /**
   * Spreads items over their shards and sends them on, as many at a time as fit one call. `call` answers how many of
   * them are dealt with. When it fails for some, the other shards go on, and the error names the keys.
   */
  async function spread<T>(
    collection: string,
    items: readonly T[],
    keyOf: (item: T) => string,
    unitsOf: (item: T) => number,
    call: (shard: number, details: ErrorDetails, items: readonly T[]) => Promise<number>,
  ): Promise<void> {
    const groups = new Map<number, T[]>();
    for (const item of items) {
      const shard = shards === 1 ? 0 : shardOf(collection, keyOf(item), shards);
      const group = groups.get(shard);
      if (group) group.push(item);
      else groups.set(shard, [item]);
    }
    const failed: string[] = [];
    let first: unknown;
    async function sendGroup(shard: number, group: readonly T[]): Promise<void> {
      for (let at = 0; at < group.length; ) {
        let end = at;
        for (let units = 0; end < group.length; end++) {
          units += 100 + unitsOf(group[end] as T);
          if (units > CALL_UNITS && end > at) break;
        }
        const part = group.slice(at, end);
        const details = { collection, key: items.length === 1 ? keyOf(items[0] as T) : undefined };
        try {
          at += await call(shard, details, part);
        } catch (error) {
          first ??= error;
          failed.push(...group.slice(at).map(keyOf));
          return;
        }
      }
    }
    await Promise.all(Array.from(groups, ([shard, group]) => sendGroup(shard, group)));
    if (items.length === 1 && first) throw first;
    if (first) throw failure(first, { store: name, collection, failed });
  }

  /** Merges a page of every shard; the cursor is the last name, so that deletions in between lose nothing. */
  async function list(
    details: ErrorDetails,
    { prefix = "", cursor: after, limit = 1000 }: DriverPage,
    askFor: (shard: number, request: NamesRequest) => Promise<Names>,
  ): Promise<Page> {
    if (after !== undefined && toSqlText(fromSqlText(after)) !== after) {
      throw new KeyValueError("invalid_cursor", "not a cursor of this store", { store: name, ...details });
    }
    const pages = await Promise.all(everyShard.map((shard) => askFor(shard, { prefix, after, limit })));
    const found = [...new Set(pages.flatMap(({ names }) => names))].sort(compareCodePoints);
    // What comes behind the last name of an unfinished page is not known yet.
    const ends = pages.flatMap(({ names, more }) => (more ? names.slice(-1) : [])).sort(compareCodePoints);
    const known = found.filter((name) => ends.length === 0 || compareCodePoints(name, ends[0] as string) <= 0);
    const names = known.slice(0, limit);
    const more = ends.length > 0 || known.length > limit;
    return { names, cursor: more ? toSqlText(names.at(-1) as string) : undefined };
  }

  return {
    name,
    consistency: "strong",
    limits: { valueBytes: ROW_BYTES },

    async read(collection, keys) {
      for (const key of keys) check(collection, key);
      const found = new Map<string, Row | null>();
      await spread(
        collection,
        keys,
        String,
        (key) => key.length,
        async (shard, details, part) => {
          const rows = await ask(shard, details, "read", collection, part);
          for (const [i, row] of rows.entries()) found.set(part[i] as string, row);
          return rows.length;
        },
      );
      return keys.map((key) => decode(collection, key, found.get(key)));
    },

    async write(collection, items) {
      const rows = items.map(([key, entry]) => [key, encode(collection, key, entry)] as const);
      const unitsOf = ([key, row]: readonly [string, Row]) => key.length + row.value.length;
      await spread(
        collection,
        rows,
        ([key]) => key,
        unitsOf,
        async (shard, details, part) => {
          await ask(shard, details, "write", collection, part);
          return part.length;
        },
      );
    },

    async remove(collection, keys) {
      for (const key of keys) check(collection, key);
      let removed = 0;
      await spread(
        collection,
        keys,
        String,
        (key) => key.length,
        async (shard, details, part) => {
          const count = await ask(shard, details, "remove", collection, part);
          removed += count;
          return part.length;
        },
      );
      return removed;
    },

    listKeys: (collection, page) =>
      list({ collection }, page, (shard, request) => ask(shard, { collection }, "listKeys", collection, request)),

    listCollections: (page) => list({}, page, (shard, request) => ask(shard, {}, "listCollections", request)),

    async destroyCollection(collection) {
      const had = everyShard.map((shard) => ask(shard, { collection }, "destroyCollection", collection));
      return (await Promise.all(had)).includes(true);
    },

    /** The first shard goes last: while it remembers how many there are, a store made with another count is refused. */
    async destroy() {
      const had = await Promise.all(everyShard.slice(1).map((shard) => ask(shard, {}, "destroy")));
      return [...had, await ask(0, {}, "destroy")].includes(true);
    },

    async cull() {
      let culled = 0;
      async function cullShard(shard: number): Promise<void> {
        const part = await ask(shard, {}, "cull", CULL_ROWS);
        culled += part.culled;
        if (part.more) await cullShard(shard);
      }
      await Promise.all(everyShard.map(cullShard));
      return culled;
    },

    async swap(collection, key, expected, next) {
      check(collection, key);
      const row = next && encode(collection, key, next);
      const shard = shardOf(collection, key, shards);
      const id = crypto.randomUUID();
      async function attempt(expected: string | undefined): Promise<SwapResult> {
        const result = await ask(shard, { collection, key }, "swap", collection, key, expected, row, id);
        if (result.ok) return { ok: true };
        const current = decode(collection, key, result.current);
        // A corrupt row that counts as missing is swapped for what it is.
        const corrupt = expected === undefined && result.current && !current;
        return corrupt ? attempt(result.current.version) : { ok: false, current };
      }
      return attempt(expected);
    },
  };
}
