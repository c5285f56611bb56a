import type { BaseDriver } from "../../core/driver.ts";
import type { Entry } from "../../core/entry.ts";
import { sendDeadline } from "./deadlines.ts";
import { toObjectError } from "./failure.ts";
import type { Remote } from "./remote.ts";
import { type Sendable, type SpreadResult, spread } from "./spread.ts";
import type { ReadRow } from "./wire.ts";

/** Reads, writes and removes entries: one call to each object that keeps some of them, more for what is too large for one. */
export function remoteEntries(remote: Remote): Pick<BaseDriver, "read" | "write" | "remove"> {
  const { store, placement, caller, codec, told, toRow, fromRow } = remote;

  function keysOf(collection: string, keys: readonly string[]): Sendable[] {
    return keys.map((key) => {
      codec.checkSize(collection, key);
      return { key, units: key.length };
    });
  }

  /** Of a bulk the error names the keys that failed. */
  function throwFailure(collection: string, keys: readonly unknown[], { error, failed }: SpreadResult): void {
    if (!error) return;
    throw toObjectError(error, { store, collection, ...(keys.length === 1 ? { key: failed[0] } : { failed }) });
  }

  async function readOne(collection: string, key: string, valueOnly: boolean | undefined): Promise<Entry | undefined> {
    codec.checkSize(collection, key);
    const object = placement.objectOf(collection, key);
    const row = await told({ collection, key }, () => caller.call(object, "readOne", collection, key, valueOnly));
    return fromRow(collection, key, row);
  }

  async function writeOne(collection: string, key: string, entry: Entry): Promise<void> {
    const json = codec.encode(collection, key, entry.value);
    const object = placement.objectOf(collection, key);
    const { createdAt, expiresAt } = entry;
    await told({ collection, key }, () =>
      caller.call(object, "writeOne", collection, key, json, createdAt, sendDeadline(expiresAt)),
    );
  }

  return {
    async read(collection, keys, options) {
      if (keys.length === 1) return [await readOne(collection, keys[0] as string, options?.valueOnly)];
      const found = new Map<string, ReadRow>();
      const done = await spread(placement, collection, keysOf(collection, keys), async (object, part) => {
        const names = part.map(({ key }) => key);
        const rows = await caller.call(object, "read", collection, names, options?.valueOnly);
        for (const [i, row] of rows.entries()) found.set(names[i] as string, row);
        return rows.length;
      });
      throwFailure(collection, keys, done);
      return keys.map((key) => fromRow(collection, key, found.get(key)));
    },

    async write(collection, items) {
      const [[first, only]] = items as [(typeof items)[0]];
      if (items.length === 1) return writeOne(collection, first, only);
      const sendable = items.map(([key, entry]) => {
        const json = codec.encode(collection, key, entry.value);
        return { key, entry, json, units: key.length + json.length };
      });
      const done = await spread(placement, collection, sendable, async (object, part) => {
        const rows = part.map(({ key, entry, json }) => [key, toRow(entry, json)] as const);
        await caller.call(object, "write", collection, { items: rows });
        return part.length;
      });
      throwFailure(collection, items, done);
    },

    async remove(collection, keys) {
      let removed = 0;
      const done = await spread(placement, collection, keysOf(collection, keys), async (object, part) => {
        const names = part.map(({ key }) => key);
        const count = await caller.call(object, "remove", collection, names);
        removed += count;
        return part.length;
      });
      throwFailure(collection, keys, done);
      return removed;
    },
  };
}
