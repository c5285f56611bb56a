import type { Awaitable, BaseDriver } from "../../core/driver.ts";
import type { Entry } from "../../core/entry.ts";
import { newId } from "../../core/ids.ts";
import { chain } from "./awaitable.ts";
import { type BulkItem, packedOf, sendBulk } from "./bulks.ts";
import type { SqlContext } from "./context.ts";
import type { SqlRow, Statement } from "./database.ts";
import { isLive, type SentRow } from "./dialect.ts";
import { toSqlText } from "./text.ts";

interface RowItem extends BulkItem {
  readonly row: SentRow;
}

/** How many rows one statement reclaims. */
const CULL_ROWS = 1000;

/** Writes and removals: one statement for one key, or for as many as fit. */
export function sqlWrites(context: SqlContext): Pick<BaseDriver, "write" | "remove"> & { cull(): Promise<number> } {
  const { dialect, run, keyOf, encode } = context;
  const { staysPrepared } = context.database;

  /** Writes the rows of a part, and removes those whose deadline has passed. */
  function writePart(collection: string, items: readonly RowItem[], now: number): Statement[] {
    const place = toSqlText(collection);
    const version = newId();
    const written = items.filter(({ row }) => isLive(row));
    const removed = items.filter(({ row }) => !isLive(row)).map(({ row }) => JSON.stringify(row.key));
    const statements: Statement[] =
      // A single row is sent unpacked: packed, it may be too large for a bulk.
      written.length > 1 && !staysPrepared
        ? [dialect.writeMany(place, packedOf(written), version, now)]
        : written.map(({ row }) => dialect.write(place, row, version, now));
    return removed.length > 0 ? [...statements, dialect.removeMany(place, removed, now)] : statements;
  }

  function writeOne(collection: string, key: string, entry: Entry): Awaitable<void> {
    const now = Date.now();
    const place = toSqlText(collection);
    const row = encode(collection, key, entry, now);
    const statement = isLive(row) ? dialect.write(place, row, newId(), now) : dialect.remove(place, row.key, now);
    return chain(run([statement], { collection, key }), () => {});
  }

  return {
    write(collection, items) {
      const [[first, entry]] = items as [(typeof items)[0]];
      if (items.length === 1) return writeOne(collection, first, entry);
      const now = Date.now();
      const rows = items.map(([key, entry]) => {
        const row = encode(collection, key, entry, now);
        return { key, row, packed: staysPrepared ? "" : dialect.packRow(row) };
      });
      const written = staysPrepared
        ? run(writePart(collection, rows, now), { collection })
        : sendBulk(context, collection, rows, (part) => writePart(collection, part, now));
      return chain(written, () => {});
    },

    remove(collection, keys) {
      const now = Date.now();
      const place = toSqlText(collection);
      if (keys.length === 1) {
        const key = keys[0] as string;
        return chain(run([dialect.remove(place, keyOf(collection, key), now)], { collection, key }), sumOf);
      }
      const items = keys.map((key) => ({ key, packed: JSON.stringify(keyOf(collection, key)) }));
      const statementsOf = (part: readonly BulkItem[]) => {
        const [{ key }] = part as [BulkItem];
        // A single key is sent unpacked, too.
        const single = part.length === 1;
        return [single ? dialect.remove(place, toSqlText(key), now) : dialect.removeMany(place, packedOf(part), now)];
      };
      return chain(sendBulk(context, collection, items, statementsOf), sumOf);
    },

    async cull() {
      for (let culled = 0; ; ) {
        const rows = await run([dialect.cull(CULL_ROWS, Date.now())], {});
        const removed = sumOf(rows);
        culled += removed;
        // SQLite returns each row, also those that held no entry.
        if (Math.max(removed, rows.length) < CULL_ROWS) return culled;
      }
    },
  };
}

/** How many rows were removed. */
function sumOf(rows: readonly SqlRow[]): number {
  return rows.reduce((sum, { removed }) => sum + Number(removed), 0);
}
