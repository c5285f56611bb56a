import type { OnCorrupt } from "../../core/corrupt.ts";
import type { Awaitable, Capability, Driver, DriverPage, SwapResult } from "../../core/driver.ts";
import { type ErrorDetails, KeyValueError } from "../../core/errors.ts";
import type { Page } from "../../core/protocol.ts";
import { fromSqlText, toSqlText } from "../sql/text.ts";
import { failure } from "./failure.ts";
import { mergeNames } from "./names.ts";
import { CULL_ROWS, type Names, type NamesRequest, type Operations, type Row } from "./operations.ts";
import { ROW_BYTES, rowCodec } from "./row-codec.ts";
import { shardOf } from "./shard.ts";
import { type Sendable, spread } from "./spread.ts";

/** Has the table of one shard do something. */
export type Send = <K extends keyof Operations>(
  shard: number,
  operation: K,
  args: Parameters<Operations[K]>,
) => Awaitable<ReturnType<Operations[K]>>;

/** A driver over tables of entries, of which `shards` share the keys. */
export function rowDriver(
  name: string,
  shards: number,
  send: Send,
  onCorrupt: OnCorrupt | undefined,
): Driver<Capability> {
  const { check, encode, decode } = rowCodec(name, onCorrupt);
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

  /** Sends items on to their shards; an error names the key, or of several the keys that failed. */
  async function askEach<T extends Sendable>(
    collection: string,
    items: readonly T[],
    send: (shard: number, items: readonly T[]) => Promise<number>,
  ): Promise<void> {
    const { error, failed } = await spread(shards, collection, items, send);
    if (!error) return;
    const where = items.length === 1 ? { key: failed[0] } : { failed };
    throw failure(error, { store: name, collection, ...where });
  }

  function keysOf(collection: string, keys: readonly string[]): Sendable[] {
    return keys.map((key) => {
      check(collection, key);
      return { key, units: key.length };
    });
  }

  async function list(
    collection: string | undefined,
    { prefix = "", cursor: after, limit = 1000 }: DriverPage,
    askFor: (shard: number, request: NamesRequest) => Promise<Names>,
  ): Promise<Page> {
    if (after !== undefined && toSqlText(fromSqlText(after)) !== after) {
      throw new KeyValueError("invalid_cursor", "not a cursor of this store", { store: name, collection });
    }
    const pages = await Promise.all(everyShard.map((shard) => askFor(shard, { prefix, after, limit })));
    const { names, more } = mergeNames(pages, limit);
    // The last name is all that the next page has to know, so that deletions in between lose nothing.
    return { names, cursor: more ? toSqlText(names.at(-1) as string) : undefined };
  }

  return {
    name,
    consistency: "strong",
    limits: { keyBytes: ROW_BYTES, valueBytes: ROW_BYTES },

    async read(collection, keys) {
      const found = new Map<string, Row | null>();
      await askEach(collection, keysOf(collection, keys), async (shard, part) => {
        const rows = await ask(
          shard,
          {},
          "read",
          collection,
          part.map(({ key }) => key),
        );
        for (const [i, row] of rows.entries()) found.set((part[i] as Sendable).key, row);
        return rows.length;
      });
      return keys.map((key) => decode(collection, key, found.get(key)));
    },

    async write(collection, items) {
      const sendable = items.map(([key, entry]) => {
        const row = encode(collection, key, entry);
        return { key, row, units: key.length + row.value.length };
      });
      await askEach(collection, sendable, async (shard, part) => {
        await ask(
          shard,
          {},
          "write",
          collection,
          part.map(({ key, row }) => [key, row] as const),
        );
        return part.length;
      });
    },

    async remove(collection, keys) {
      let removed = 0;
      await askEach(collection, keysOf(collection, keys), async (shard, part) => {
        const count = await ask(
          shard,
          {},
          "remove",
          collection,
          part.map(({ key }) => key),
        );
        removed += count;
        return part.length;
      });
      return removed;
    },

    listKeys: (collection, page) =>
      list(collection, page, (shard, request) => ask(shard, { collection }, "listKeys", collection, request)),

    listCollections: (page) => list(undefined, page, (shard, request) => ask(shard, {}, "listCollections", request)),

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
      const counts = everyShard.map(async (shard) => {
        for (let culled = 0; ; ) {
          const part = await ask(shard, {}, "cull", CULL_ROWS);
          culled += part.culled;
          if (!part.more) return culled;
        }
      });
      return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
    },

    async swap(collection, key, expected, next) {
      check(collection, key);
      const row = next && encode(collection, key, next);
      const id = crypto.randomUUID();
      async function attempt(expected: string | undefined): Promise<SwapResult> {
        const shard = shardOf(collection, key, shards);
        const result = await ask(shard, { collection, key }, "swap", collection, key, expected, row, id);
        if (result.ok) return { ok: true, version: id };
        const current = decode(collection, key, result.current);
        // A corrupt row that counts as missing is swapped for what it is.
        const corrupt = expected === undefined && result.current && !current;
        return corrupt ? attempt(result.current.version) : { ok: false, current };
      }
      return attempt(expected);
    },
  };
}
