import type { OnCorrupt } from "../../core/corrupt.ts";
import type { AnyDriver, Apply, Capability, Driver, DriverPage } from "../../core/driver.ts";
import type { Entry } from "../../core/entry.ts";
import type { ErrorDetails } from "../../core/errors.ts";
import type { Page } from "../../core/protocol.ts";
import { bulkRows } from "./bulk-rows.ts";
import { isOver } from "./deadlines.ts";
import { type Decision, decideOperation, decideSwap } from "./decisions.ts";
import { entryCodec, ROW_BYTES } from "./entry-codec.ts";
import { toObjectError } from "./failure.ts";
import { versionOf } from "./history.ts";
import { tableListings } from "./listings.ts";
import { toPage, toRequest } from "./name-pages.ts";
import { tableRemovals } from "./removals.ts";
import type { StoredRow } from "./row.ts";
import { tableRows } from "./rows.ts";
import type { SqlTables } from "./tables.ts";
import { CULL_ROWS, type NamesPage, type NamesRequest } from "./wire.ts";

type LocalDriver = Driver<Capability> & Required<Pick<AnyDriver, "apply" | "operations">>;

/** The most bytes of values that one query fetches. */
const FETCH_BYTES = 24 * 1024 * 1024;

/** A driver over the tables of the object in which it runs. Nothing can be lost on the way, so no operation has an id. */
export function localDriver(store: string, tables: SqlTables, onCorrupt: OnCorrupt): LocalDriver {
  const { checkSize, encode, decode } = entryCodec(store, onCorrupt);
  const rows = tableRows(tables, () => {});
  const bulk = bulkRows(tables, () => {});
  const names = tableListings(tables);
  const removals = tableRemovals(tables, rows);

  /** Turns the failures of the storage into errors that say where they happened. */
  function withDetails<R>(details: ErrorDetails, work: () => R, how = tables.attempt): R {
    try {
      return how(work);
    } catch (error) {
      throw toObjectError(error, { store, ...details });
    }
  }

  function fromStored(collection: string, key: string, row: StoredRow | undefined): Entry | undefined {
    if (!row?.damaged && !row?.entry) return undefined;
    const value = decode(collection, key, row.entry?.json);
    if (value === undefined) return undefined;
    return { value, createdAt: row.entry?.createdAt, expiresAt: row.entry?.expiresAt, version: row.version };
  }

  /** Decides and writes; the version is empty where nothing changes. */
  function change(collection: string, key: string, decide: (row: StoredRow | undefined) => Decision) {
    return withDetails({ collection, key }, () => {
      const row = rows.find(collection, key);
      const decision = decide(row);
      const version = versionOf(Date.now(), crypto.randomUUID());
      if (!decision.changed) return { row, version, ...decision };
      if (decision.next && !isOver(decision.next)) rows.put(collection, key, decision.next, version);
      else if (row) rows.remove(collection, key);
      return { row, version, ...decision };
    });
  }

  function listed(details: ErrorDetails, page: DriverPage, list: (request: NamesRequest) => NamesPage): Page {
    const request = toRequest(page, { store, ...details });
    return toPage(withDetails(details, () => list(request)));
  }

  const apply: Apply = (collection, key, operation, args) => {
    checkSize(collection, key);
    return JSON.parse(change(collection, key, (row) => decideOperation(row, operation, args, onCorrupt)).result);
  };

  return {
    name: store,
    consistency: "strong",
    limits: { keyBytes: ROW_BYTES, valueBytes: ROW_BYTES },
    operations: { has: () => true },
    apply,

    read(collection, keys, options) {
      for (const key of keys) checkSize(collection, key);
      const found: (StoredRow | undefined)[] = [];
      while (found.length < keys.length) {
        const rest = keys.slice(found.length);
        const details = keys.length === 1 ? { collection, key: keys[0] } : { collection };
        found.push(...withDetails(details, () => bulk.findMany(collection, rest, FETCH_BYTES, options?.valueOnly)));
      }
      return keys.map((key, i) => fromStored(collection, key, found[i]));
    },

    write(collection, items) {
      const version = versionOf(Date.now(), crypto.randomUUID());
      const encoded = items.map(([key, { value, createdAt, expiresAt }]) => {
        return [key, { json: encode(collection, key, value), createdAt, expiresAt }] as const;
      });
      const details =
        items.length === 1 ? { collection, key: items[0]?.[0] } : { collection, failed: items.map(([key]) => key) };
      const write = (): void => {
        bulk.putMany(
          collection,
          encoded.filter(([, entry]) => !isOver(entry)),
          version,
        );
        for (const [key, entry] of encoded) if (isOver(entry)) rows.remove(collection, key);
      };
      withDetails(details, write, items.length === 1 ? tables.attempt : tables.transaction);
    },

    remove(collection, keys) {
      for (const key of keys) checkSize(collection, key);
      return withDetails({ collection }, () => bulk.removeMany(collection, keys));
    },

    listKeys: (collection, page) => listed({ collection }, page, (request) => names.listKeys(collection, request)),
    listCollections: (page) => listed({}, page, names.listCollections),
    destroyCollection: (collection) => withDetails({ collection }, () => removals.destroyCollection(collection)),
    destroy: () => withDetails({}, removals.empty),

    cull() {
      let culled = 0;
      for (let more = true; more; ) {
        const part = withDetails({}, () => removals.cull(CULL_ROWS));
        culled += part.culled;
        more = part.more;
      }
      return culled;
    },

    swap(collection, key, expected, next) {
      checkSize(collection, key);
      const entry = next && { ...next, json: encode(collection, key, next.value) };
      const { changed, row, version } = change(collection, key, (row) => decideSwap(row, expected, entry, onCorrupt));
      return changed ? { ok: true, version } : { ok: false, current: fromStored(collection, key, row) };
    },
  };
}
