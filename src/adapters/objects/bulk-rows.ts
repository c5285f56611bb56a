import { type BulkItem, packedOf, partsOf } from "../sql/bulks.ts";
import type { Statement } from "../sql/database.ts";
import { toSqlText } from "../sql/text.ts";
import { objectDialect, PART_BYTES } from "./layout.ts";
import { type Columns, type RowEntry, type StoredRow, toSentRow, toStoredRow } from "./row.ts";
import type { Rows } from "./rows.ts";
import type { SqlTables } from "./tables.ts";

/** Reads, writes and removes many rows, in one statement for as many as fit in one. */
export interface BulkRows {
  /** Finds rows for as many keys from the start as their values fit in the given bytes, at least one. */
  findMany(
    collection: string,
    keys: readonly string[],
    bytes: number,
    valueOnly: boolean | undefined,
  ): (StoredRow | undefined)[];
  /** Writes entries and leaves the receipts that the rows have. */
  putMany(collection: string, items: readonly (readonly [key: string, entry: RowEntry])[], version: string): void;
  /** Removes rows and returns how many were live. */
  removeMany(collection: string, keys: readonly string[]): number;
}

// CROSS JOIN keeps the order of the loops: for each key one search.
const ASKED = `FROM json_each(?1) AS asked CROSS JOIN edge_key_value AS stored
WHERE collection = ?2 AND stored.key = asked.value`;
const SIZES = `SELECT asked.key AS place, octet_length(stored.value) AS size ${ASKED}`;
/** Leaves out a value with more bytes than ?3. */
const find = (columns: string): string => `SELECT asked.key AS place, octet_length(stored.value) > ?3 AS large,
iif(octet_length(stored.value) > ?3, NULL, stored.value) AS value, ${columns} ${ASKED}`;
const FIND_MANY = find("created_at, expires_at, version");
const FIND_VALUES = find("created_at, expires_at");

type Found = Columns & { readonly place: number; readonly large: number | null };

/**
 * @param single Reads and writes single rows.
 * @param onDeadline Is called with each deadline that is written.
 */
export function bulkRows(
  { run, ask, transaction }: SqlTables,
  single: Rows,
  onDeadline: (deadline: number) => void,
): BulkRows {
  /**
   * Runs a statement for each part of a bulk, in a transaction if there are several. A single item is sent unpacked: packed,
   * it may be too large for a statement.
   */
  function runParts<R, T extends BulkItem>(items: readonly T[], statementFor: (part: readonly T[]) => Statement): R[] {
    const parts = partsOf(items, PART_BYTES);
    const all = (): R[] => parts.flatMap((part) => ask<R>(statementFor(part)));
    return parts.length > 1 ? transaction(all) : all();
  }

  return {
    findMany(collection, keys, bytes, valueOnly) {
      const place = toSqlText(collection);
      const [names = []] = partsOf(keys.map(itemOf), PART_BYTES);
      const query = valueOnly ? FIND_VALUES : FIND_MANY;
      let fitting = names.length;
      if (fitting === 1) return [(valueOnly ? single.findValue : single.find)(collection, keys[0] as string)];
      let rows = run<Found>(query, `[${packedOf(names)}]`, place, Math.floor(bytes / fitting));
      // Each value has a share of the bytes. If one has more, find out how many fit.
      if (rows.some(({ large }) => large)) {
        const sizes = run<{ place: number; size: number }>(SIZES, `[${packedOf(names)}]`, place);
        fitting = countFitting(new Map(sizes.map(({ place, size }) => [place, size])), names.length, bytes);
        rows = run<Found>(query, `[${packedOf(names.slice(0, fitting))}]`, place, Number.MAX_SAFE_INTEGER);
      }
      const found = new Array<StoredRow | undefined>(fitting).fill(undefined);
      for (const row of rows) found[row.place] = toStoredRow(row);
      return found;
    },

    putMany(collection, items, version) {
      const now = Date.now();
      const place = toSqlText(collection);
      const rows = items.map(([key, entry]) => {
        if (entry.expiresAt !== undefined) onDeadline(entry.expiresAt);
        const row = toSentRow(key, entry, now);
        return { key, row, packed: objectDialect.packRow(row) };
      });
      runParts(rows, (part) => {
        const [{ row }] = part as [(typeof rows)[0]];
        return part.length === 1
          ? objectDialect.write(place, row, version, now)
          : objectDialect.writeMany(place, packedOf(part), version, now);
      });
    },

    removeMany(collection, keys) {
      const place = toSqlText(collection);
      const now = Date.now();
      const removed = runParts<{ removed: number }, BulkItem>(keys.map(itemOf), (part) => {
        const [{ key }] = part as [BulkItem];
        return part.length === 1
          ? objectDialect.remove(place, toSqlText(key), now)
          : objectDialect.removeMany(place, packedOf(part), now);
      });
      return removed.filter((row) => row.removed).length;
    },
  };
}

function itemOf(key: string): BulkItem {
  return { key, packed: JSON.stringify(toSqlText(key)) };
}

/** How many values from the start fit, at least one. */
function countFitting(sizes: ReadonlyMap<number, number>, count: number, bytes: number): number {
  let room = bytes;
  for (let place = 0; place < count; place++) {
    room -= 100 + (sizes.get(place) ?? 0);
    if (room < 0) return Math.max(place, 1);
  }
  return count;
}
