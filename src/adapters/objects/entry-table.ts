import { KeyValueError } from "../../core/errors.ts";
import { toSqlText } from "../sql/text.ts";
import { pageOfNames } from "./names.ts";
import { CALL_UNITS, type Operations, type Row } from "./operations.ts";
import { type SqlObjectStorage, type SqlTables, sqlTables } from "./tables.ts";

/** The table of entries, and what its object has to remember beside them. Each call is one transaction. */
export interface EntryTable extends Pick<SqlTables, "recall" | "remember"> {
  call<K extends keyof Operations>(operation: K, ...args: Parameters<Operations[K]>): ReturnType<Operations[K]>;
  /** When the next row expires; `undefined`: none ever does. */
  nextDeadline(): number | undefined;
}

/** A row as SQLite gives it. The mark of a removal has no value. */
interface Stored {
  readonly value: string | null;
  readonly created_at: number | null;
  readonly expires_at: number | null;
  readonly version: string;
}

const HERE = "collection = ? AND key = ?";
// Said so that SQLite does not take the index on the deadline for it and then sort.
const LIVE = "value IS NOT NULL AND (expires_at <= ?) IS NOT TRUE";

/** How many swaps to recognise when they are sent again after somebody else has written. */
const RECENT = 1000;
/** How many names to fetch at once: so few that they fit the memory even where each is as long as can be. */
const BATCH = 32;

/**
 * The table of entries in the storage of a Durable Object.
 *
 * For `keepRemovals` milliseconds a removal by `swap` stays marked in the table, so that the same swap, sent again
 * after its reply was lost, is known to have happened even if the object was restarted meanwhile.
 */
export function entryTable(storage: SqlObjectStorage, keepRemovals = 0): EntryTable {
  const { run, transaction, recall, remember } = sqlTables(storage);
  const recent = new Set<string>();

  function find(collection: string, key: string): Stored | undefined {
    const columns = "value, created_at, expires_at, version";
    return run<Stored>(`SELECT ${columns} FROM edge_key_value WHERE ${HERE}`, toSqlText(collection), toSqlText(key))[0];
  }

  function set(collection: string, key: string, version: string, value: string | null, row: Partial<Row>): void {
    const { createdAt = null, expiresAt = null } = row;
    run(
      `INSERT INTO edge_key_value VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value,
       created_at = excluded.created_at, expires_at = excluded.expires_at, version = excluded.version`,
      ...[toSqlText(collection), toSqlText(key), value, createdAt, expiresAt, version],
    );
  }

  function remove(collection: string, key: string): boolean {
    const query = `DELETE FROM edge_key_value WHERE ${HERE} RETURNING ${LIVE} AS live`;
    return run<{ live: number }>(query, toSqlText(collection), toSqlText(key), Date.now())[0]?.live === 1;
  }

  function some(condition: string, ...bindings: unknown[]): boolean {
    return run(`SELECT 1 FROM edge_key_value WHERE ${condition} LIMIT 1`, ...bindings).length > 0;
  }

  const operations: Operations = {
    read(collection, keys) {
      const rows: (Row | null)[] = [];
      let room = CALL_UNITS;
      for (const key of keys) {
        const row = rowOf(find(collection, key));
        room -= 100 + (row?.value.length ?? 0);
        if (room < 0 && rows.length > 0) break;
        rows.push(row ?? null);
      }
      return rows;
    },

    write(collection, items) {
      const version = crypto.randomUUID();
      for (const [key, row] of items) {
        if (expired(row.expiresAt)) remove(collection, key);
        else set(collection, key, version, row.value, row);
      }
    },

    remove: (collection, keys) => keys.filter((key) => remove(collection, key)).length,

    listKeys: (collection, request) =>
      pageOfNames(request, (comparison, from) =>
        run(
          `SELECT key AS name FROM edge_key_value WHERE collection = ? AND key ${comparison} ? AND ${LIVE}
           ORDER BY key LIMIT ${BATCH}`,
          ...[toSqlText(collection), from, Date.now()],
        ),
      ),

    // One name a query lets SQLite go straight to the next collection, past all keys of this one.
    listCollections: (request) =>
      pageOfNames(request, (comparison, from) =>
        run(
          `SELECT collection AS name FROM edge_key_value WHERE collection ${comparison} ? AND ${LIVE}
           ORDER BY collection LIMIT 1`,
          ...[from, Date.now()],
        ),
      ),

    destroyCollection(collection) {
      const had = some(`collection = ? AND ${LIVE}`, toSqlText(collection), Date.now());
      run("DELETE FROM edge_key_value WHERE collection = ?", toSqlText(collection));
      return had;
    },

    destroy() {
      const had = some(LIVE, Date.now());
      run("DELETE FROM edge_key_value");
      run("DELETE FROM edge_key_value_meta");
      return had;
    },

    cull(limit) {
      const gone = run<{ held: number }>(
        `DELETE FROM edge_key_value WHERE (collection, key) IN
         (SELECT collection, key FROM edge_key_value WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)
         RETURNING value IS NOT NULL AS held`,
        ...[Date.now(), limit],
      );
      return { culled: gone.filter(({ held }) => held).length, more: gone.length === limit };
    },

    swap(collection, key, expected, next, id) {
      const lying = find(collection, key);
      if (recent.has(id) || lying?.version === id) return { ok: true };
      const current = rowOf(lying);
      const matches = expected === undefined ? !current : lying?.version === expected && lying.value !== null;
      if (!matches) return { ok: false, current };
      if (next && !expired(next.expiresAt)) set(collection, key, id, next.value, next);
      else if (!keepRemovals) remove(collection, key);
      else if (lying) set(collection, key, id, null, { expiresAt: Date.now() + keepRemovals });
      if (recent.add(id).size > RECENT) recent.delete(recent.values().next().value as string);
      return { ok: true };
    },
  };

  return {
    call(operation, ...args) {
      // The caller may be of a newer release than the object, while one is being deployed.
      if (!Object.hasOwn(operations, operation)) throw new KeyValueError("backend", `cannot do ${operation}`);
      return transaction(() => (operations[operation] as (...args: unknown[]) => never)(...args));
    },
    nextDeadline() {
      const query = "SELECT MIN(expires_at) AS next FROM edge_key_value WHERE expires_at IS NOT NULL";
      return transaction(() => run<{ next: number | null }>(query)[0]?.next ?? undefined);
    },
    recall,
    remember,
  };
}

function expired(deadline: number | null | undefined): boolean {
  return deadline != null && deadline <= Date.now();
}

/** The row when it is there and has not expired. */
function rowOf(stored: Stored | undefined): Row | undefined {
  if (!stored || stored.value === null || expired(stored.expires_at)) return undefined;
  const { value, created_at, expires_at, version } = stored;
  return { value, createdAt: created_at ?? undefined, expiresAt: expires_at ?? undefined, version };
}
