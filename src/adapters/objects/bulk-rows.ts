import { toSqlText } from "../sql/text.ts";
import { ROW_BYTES } from "./entry-codec.ts";
import { COLUMNS, type Columns, LIVE, type StoredRow, toStoredRow } from "./row.ts";
import type { SqlTables } from "./tables.ts";

/** Finds and removes many rows, in one statement for as many keys as fit in one. */
export interface BulkRows {
  /** Finds rows for as many keys from the start as their values fit in the given bytes, at least one. */
  findMany(collection: string, keys: readonly string[], bytes: number): (StoredRow | undefined)[];
  /** Removes rows and returns how many were live. */
  removeMany(collection: string, keys: readonly string[]): number;
}

/** The most UTF-16 units of names in one parameter, which takes 2 MB. As JSON they take up to six bytes each. */
const NAME_UNITS = 250_000;

type Sized = { readonly key: string; readonly size: number | null };
type Found = Columns & { readonly key: string };

export function bulkRows({ run }: SqlTables): BulkRows {
  /** Runs a statement for the rows with some names. */
  function runFor<R>(
    statement: string,
    collection: string,
    names: readonly string[],
    end = "",
    ...more: unknown[]
  ): R[] {
    const [among, value] =
      names.length === 1 ? ["= ?", names[0]] : ["IN (SELECT value FROM json_each(?))", JSON.stringify(names)];
    return run(`${statement} WHERE collection = ? AND key ${among} ${end}`, toSqlText(collection), value, ...more);
  }

  return {
    findMany(collection, keys, bytes) {
      const found: (StoredRow | undefined)[] = [];
      let room = bytes;
      for (const names of inParts(keys.map(toSqlText))) {
        // Read the sizes first where the values may exceed the memory of an object.
        const sized =
          names.length * ROW_BYTES <= room
            ? names.map((key) => ({ key, size: ROW_BYTES }))
            : runFor<Sized>("SELECT key, octet_length(value) AS size FROM edge_key_value", collection, names);
        const sizes = new Map(sized.map(({ key, size }) => [key, size ?? 0]));
        const fitting: string[] = [];
        for (const name of names) {
          room -= 100 + (sizes.get(name) ?? 0);
          if (room < 0 && found.length + fitting.length > 0) break;
          fitting.push(name);
        }
        const read = runFor<Found>(`SELECT key, ${COLUMNS} FROM edge_key_value`, collection, fitting);
        const rows = new Map(read.map((row) => [row.key, toStoredRow(row)]));
        found.push(...fitting.map((name) => rows.get(name)));
        if (fitting.length < names.length) break;
      }
      return found;
    },

    removeMany(collection, keys) {
      const removed = inParts(keys.map(toSqlText)).flatMap((names) =>
        runFor<{ live: number }>(
          "DELETE FROM edge_key_value",
          collection,
          names,
          `RETURNING ${LIVE} AS live`,
          Date.now(),
        ),
      );
      return removed.filter(({ live }) => live).length;
    },
  };
}

/** Cuts a list of names into parts that fit in a parameter. */
function inParts(names: readonly string[]): string[][] {
  const parts: string[][] = [];
  let room = 0;
  for (const name of names) {
    room -= name.length + 3;
    if (room < 0) {
      parts.push([]);
      room = NAME_UNITS - name.length;
    }
    parts.at(-1)?.push(name);
  }
  return parts;
}
