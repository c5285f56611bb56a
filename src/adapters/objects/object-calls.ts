import { newId } from "../../core/ids.ts";
import { bulkRows } from "./bulk-rows.ts";
import { isOver, receiveDeadline, sendDeadline } from "./deadlines.ts";
import { decideOperation, decideSwap, type NextRow } from "./decisions.ts";
import { otherRelease } from "./failure.ts";
import { versionOf } from "./history.ts";
import { tableListings } from "./listings.ts";
import { onceOnly } from "./once.ts";
import { objectOperations } from "./operations.ts";
import { tableRemovals } from "./removals.ts";
import type { RowEntry, StoredRow } from "./row.ts";
import { tableRows } from "./rows.ts";
import type { SqlTables } from "./tables.ts";
import { CALL_UNITS, type DamagedRow, type ObjectCalls, type OnceOnly, type WireRow } from "./wire.ts";

/**
 * Carries out what callers ask of an object, each call at once or not at all.
 *
 * @param onDeadline Is called with each deadline that is written.
 */
export function objectCalls(tables: SqlTables, startedAt: number, onDeadline: (deadline: number) => void): ObjectCalls {
  const rows = tableRows(tables, onDeadline);
  const bulk = bulkRows(tables, rows, onDeadline);
  const { listKeys, listCollections } = tableListings(tables);
  const { destroyCollection, empty, cull } = tableRemovals(tables);
  const { settle, outcome } = onceOnly(rows, tables, startedAt);

  function writeOne(collection: string, key: string, entry: RowEntry): void {
    if (isOver(entry)) rows.remove(collection, key);
    else rows.put(collection, key, entry, versionOf(Date.now(), newId()));
  }

  function writeMany(collection: string, items: readonly (readonly [key: string, row: WireRow])[]): void {
    const entries = items.map(([key, row]) => [key, fromWire(row)] as const);
    const over = entries.filter(([, entry]) => isOver(entry)).map(([key]) => key);
    const live = entries.filter(([, entry]) => !isOver(entry));
    if (over.length > 0) bulk.removeMany(collection, over);
    bulk.putMany(collection, live, versionOf(Date.now(), newId()));
  }

  return {
    readOne(collection, key, valueOnly) {
      const row = tables.attempt(() => (valueOnly ? rows.findValue : rows.find)(collection, key));
      return valueOnly && row?.entry ? row.entry.json : toWire(row);
    },

    read(collection, keys, valueOnly) {
      const found = tables.attempt(() => bulk.findMany(collection, keys, CALL_UNITS, valueOnly));
      return found.map((row) => (valueOnly && row?.entry ? row.entry.json : toWire(row)));
    },

    writeOne(collection, key, json, createdAt, deadline) {
      tables.attempt(() => writeOne(collection, key, fromWire({ json, createdAt, deadline })));
    },

    write: (collection, { items }) => tables.transaction(() => writeMany(collection, items)),

    remove: (collection, keys) => tables.attempt(() => bulk.removeMany(collection, keys)),
    listKeys: (collection, request) => tables.attempt(() => listKeys(collection, request)),
    listCollections: (request) => tables.attempt(() => listCollections(request)),
    destroyCollection: (collection) => tables.attempt(() => destroyCollection(collection)),
    destroy: () => tables.attempt(empty),
    cull: (limit) => tables.attempt(() => cull(limit)),

    swap(collection, key, { expected, next, onCorrupt }, once) {
      checkId(once);
      const settled = tables.attempt(() =>
        settle(collection, key, once, (row) => decideSwap(row, expected, next && fromWire(next), onCorrupt)),
      );
      if (settled.changed) return { ok: true, version: settled.receipt.version };
      return { ok: false, current: toWire(settled.row) ?? undefined };
    },

    apply(collection, key, { name, args, onCorrupt }, once) {
      checkId(once);
      const operation = objectOperations.get(name);
      if (!operation) throw otherRelease();
      const settled = tables.attempt(() =>
        settle(collection, key, once, (row) => decideOperation(row, operation, args as never, onCorrupt)),
      );
      return settled.changed ? settled.receipt.result : settled.result;
    },

    outcome: (collection, key, id) => tables.attempt(() => outcome(collection, key, id)),
  };
}

/** A stored row as it is sent. */
function toWire(row: StoredRow | undefined): WireRow | DamagedRow | null {
  if (row?.damaged) return { damaged: true };
  if (!row?.entry) return null;
  const { json, createdAt, expiresAt } = row.entry;
  return { json, createdAt, deadline: sendDeadline(expiresAt), version: row.version };
}

/** A row that was sent, as it is stored. */
function fromWire({ json, createdAt, deadline, keepsDeadline }: WireRow): NextRow {
  if (typeof json !== "string") throw otherRelease();
  return { json, createdAt, expiresAt: receiveDeadline(deadline), keepsDeadline };
}

function checkId(once: OnceOnly): void {
  if (typeof once?.id !== "string") throw otherRelease();
}
