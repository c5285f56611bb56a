import type { Awaitable, BaseDriver } from "../../core/driver.ts";
import type { Entry } from "../../core/entry.ts";
import { together } from "../../core/together.ts";
import { chain } from "./awaitable.ts";
import { type BulkItem, packedOf, partsOf } from "./bulks.ts";
import type { SqlContext } from "./context.ts";
import type { SqlRow } from "./database.ts";
import { toSqlText } from "./text.ts";

/** Reads one entry, with its version. */
export type ReadOne = (collection: string, key: string) => Awaitable<Entry | undefined>;

/** Reads: one statement for one key, or for as many as fit. */
export function sqlReads(context: SqlContext): { readonly read: BaseDriver["read"]; readonly readOne: ReadOne } {
  const { dialect, limits, run, keyOf, entryOf } = context;

  function readOne(collection: string, key: string, valueOnly = false, stale = false): Awaitable<Entry | undefined> {
    const now = Date.now();
    const details = { collection, key };
    const ask = valueOnly ? dialect.readValue : dialect.read;
    const statement = ask(toSqlText(collection), keyOf(collection, key), now);
    return chain(run([statement], details, stale), (rows) => entryOf(rows[0], now, details));
  }

  function readPart(collection: string, part: readonly BulkItem[], now: number, valueOnly: boolean, stale: boolean) {
    const [{ key }] = part as [BulkItem];
    // A single key is sent unpacked: packed, it may be too large for a bulk.
    if (part.length === 1) return chain(readOne(collection, key, valueOnly, stale), (entry) => [entry]);
    const ask = valueOnly ? dialect.readValues : dialect.readMany;
    const statement = ask(toSqlText(collection), packedOf(part), now);
    return chain(run([statement], { collection }, stale), (answer) => {
      const rows = new Array<SqlRow | undefined>(part.length);
      for (const row of answer) rows[Number(row.place)] = row;
      return part.map(({ key }, place) => entryOf(rows[place], now, { collection, key }));
    });
  }

  function readMany(collection: string, keys: readonly string[], valueOnly: boolean, stale: boolean) {
    const now = Date.now();
    const items = keys.map((key) => ({ key, packed: JSON.stringify(keyOf(collection, key)) }));
    const parts = partsOf(items, limits.bulkBytes);
    if (parts.length === 1) return readPart(collection, items, now, valueOnly, stale);
    return together(
      parts.map(
        (part) => [part.map(({ key }) => key), () => readPart(collection, part, now, valueOnly, stale)] as const,
      ),
    ).then((entries) => entries.flat());
  }

  return {
    readOne: (collection, key) => readOne(collection, key),
    read(collection, keys, { fresh = false, valueOnly = false } = {}) {
      const stale = context.stale && !fresh;
      const valuesOnly = valueOnly && !fresh;
      if (keys.length !== 1) return readMany(collection, keys, valuesOnly, stale);
      return chain(readOne(collection, keys[0] as string, valuesOnly, stale), (entry) => [entry]);
    },
  };
}
