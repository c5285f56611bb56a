import { combineChanges } from "../../core/combine-changes.ts";
import type { OnCorrupt } from "../../core/corrupt.ts";
import type { Capability, Driver, SwapResult } from "../../core/driver.ts";
import { eachKey } from "../../core/each-key.ts";
import { type Entry, live } from "../../core/entry.ts";
import { KeyValueError } from "../../core/errors.ts";
import { newId } from "../../core/ids.ts";
import { batchGet, batchWrite, LANES, textOf } from "./batches.ts";
import type { DynamoDBStored, ItemKey, Reply } from "./client.ts";
import { absent, type Condition, conditional, holding, stillHolding, writtenWith } from "./conditions.ts";
import { NAME } from "./failure.ts";
import { decodeItem, encodeItem, type Found, ITEM_BYTES, timesOf } from "./item.ts";
import { dynamoDBListings } from "./listings.ts";
import { KEY_BYTES, keyOf } from "./names.ts";
import type { Call } from "./transport.ts";
import { digestOf, isDigest } from "./versions.ts";

/** What a driver is made of. */
export interface DynamoDBUse {
  readonly call: Call;
  readonly table: string;
  readonly consistency: "strong" | "eventual";
  readonly onCorrupt: OnCorrupt;
}

/** A driver over a table, as `dynamoDBStore` describes it. */
export function dynamoDBDriver(use: DynamoDBUse): Driver<Capability> {
  const { call, table, consistency, onCorrupt } = use;

  async function get(collection: string, key: string, consistent: boolean): Promise<DynamoDBStored | undefined> {
    const input = { TableName: table, Key: keyOf(collection, key), ConsistentRead: consistent };
    const { Item } = await call("GetItem", input, { store: NAME, collection, key });
    return itemOf(Item);
  }

  /** Returns what an item holds; `undefined` for one that is not an entry and counts as missing. */
  function opened(item: DynamoDBStored | undefined, collection: string, key: string): Found | undefined {
    const found = item && decodeItem(item);
    if (found || !item || onCorrupt === "miss") return found;
    throw new KeyValueError("corrupted", "the item is not an entry", { store: NAME, collection, key });
  }

  /** Returns an entry with its version. */
  async function versioned(found: Found | undefined): Promise<Entry | undefined> {
    return found && { ...found.entry, version: found.id ?? (await digestOf(found.text)) };
  }

  /** Writes an entry, or removes it, where a condition holds. */
  async function change(
    collection: string,
    key: string,
    next: Entry | undefined,
    id: string,
    condition: Condition,
  ): Promise<Reply> {
    const details = { store: NAME, collection, key };
    const base = { TableName: table, ...conditional(condition) };
    return next
      ? await call("PutItem", { ...base, Item: encodeItem(collection, key, next, id) }, details)
      : await call("DeleteItem", { ...base, Key: keyOf(collection, key) }, details);
  }

  /** Returns the condition that the live entry's version is `expected`, or the entry that is there instead. */
  async function conditionOf(collection: string, key: string, expected: string | undefined) {
    if (expected === undefined) return { condition: absent() };
    if (!isDigest(expected)) return { condition: writtenWith(expected) };
    // Another program wrote this version, which is a digest of the value: only the value itself can be compared.
    const found = opened(await get(collection, key, true), collection, key);
    const current = live(await versioned(found));
    return current?.version === expected ? { condition: holding((found as Found).text) } : { current };
  }

  async function swap(
    collection: string,
    key: string,
    expected: string | undefined,
    next: Entry | undefined,
  ): Promise<SwapResult> {
    const id = newId();
    const written = live(next);
    const { condition, current } = await conditionOf(collection, key, expected);
    if (!condition) return { ok: false, current };
    const { refused } = await change(collection, key, written, id, condition);
    if (!refused) return { ok: true, version: id };
    const item = itemOf(refused.item) ?? (await get(collection, key, true));
    const found = opened(item, collection, key);
    // Whatever has sent the write twice on the way, the first copy has been written.
    if (found?.id === id) return { ok: true, version: id };
    // What is there is not an entry, and counts as missing.
    if (expected === undefined && item && !found) {
      const again = await change(collection, key, written, id, stillHolding(item.value));
      if (!again.refused) return { ok: true, version: id };
    }
    return { ok: false, current: live(await versioned(found)) };
  }

  return {
    name: NAME,
    consistency,
    limits: { keyBytes: KEY_BYTES, valueBytes: ITEM_BYTES },

    async read(collection, keys, { fresh = false } = {}) {
      const consistent = fresh || consistency === "strong";
      const asked = new Map(keys.map((key) => [key, keyOf(collection, key)]));
      const [first] = keys as [string];
      const items =
        asked.size === 1
          ? [await get(collection, first, consistent)]
          : await batchGet(call, table, [...asked.values()], consistent, collection);
      const byName = new Map(items.map((item) => [textOf(item, "key"), item]));
      const entries = new Map<string, Entry | undefined>();
      for (const [key, at] of asked) {
        const found = opened(byName.get(at.key.S), collection, key);
        entries.set(key, fresh ? await versioned(found) : found?.entry);
      }
      return keys.map((key) => live(entries.get(key)));
    },

    async write(collection, items) {
      const writes = items.map(([key, entry]) =>
        live(entry)
          ? { PutRequest: { Item: encodeItem(collection, key, entry, newId()) } }
          : { DeleteRequest: { Key: keyOf(collection, key) } },
      );
      if (items.length > 1) return await batchWrite(call, table, writes, collection);
      const [[[key], write]] = [[items[0], writes[0]]] as [[[string, Entry], (typeof writes)[0]]];
      const details = { store: NAME, collection, key };
      if (write.PutRequest) await call("PutItem", { TableName: table, Item: write.PutRequest.Item }, details);
      else await call("DeleteItem", { TableName: table, Key: (write.DeleteRequest as { Key: ItemKey }).Key }, details);
    },

    /** One call for each key: only a single delete says what it removed. */
    async remove(collection, keys) {
      const details = { store: NAME, collection };
      let removed = 0;
      const remove = async (Key: ItemKey, key: string) => {
        const input = { TableName: table, Key, ReturnValues: "ALL_OLD" } as const;
        const { Attributes } = await call("DeleteItem", input, { ...details, key });
        const item = itemOf(Attributes);
        // An item that is not an entry counts as removed, since nothing says that it has expired.
        if (item && live(timesOf(item) ?? {})) removed++;
      };
      const asked = keys.map((key) => [key, keyOf(collection, key)] as const);
      await eachKey(asked, LANES, details, remove, (cause) => cause as KeyValueError);
      return removed;
    },

    swap,
    modify: combineChanges,
    ...dynamoDBListings(use),
  };
}

/** An item of a reply, if it is one. */
function itemOf(item: unknown): DynamoDBStored | undefined {
  return typeof item === "object" && item !== null ? (item as DynamoDBStored) : undefined;
}
