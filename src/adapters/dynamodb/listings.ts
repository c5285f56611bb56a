import { utf8 } from "../../core/bytes.ts";
import type { Driver, DriverPage } from "../../core/driver.ts";
import { live } from "../../core/entry.ts";
import { type ErrorDetails, KeyValueError } from "../../core/errors.ts";
import { inLanes } from "../../core/lanes.ts";
import type { Page } from "../../core/protocol.ts";
import { batchWrite, LANES, objectsOf, textOf } from "./batches.ts";
import type { DynamoDBStored, ItemKey, Reply } from "./client.ts";
import { conditional, expired } from "./conditions.ts";
import type { DynamoDBUse } from "./driver.ts";
import { NAME } from "./failure.ts";
import { timesOf } from "./item.ts";
import { COLLECTION_BYTES, decodeName, encodeName, encodePrefix, KEY_BYTES, keyOf } from "./names.ts";

/** Items of a page, where nothing else is asked for. DynamoDB reads at most 1 MB for one. */
const PAGE = 1000;

/** Items that a search for collections reads before it skips what is left of one. */
const LOOK = 50;

/** The last key that a collection can have. */
const LAST_KEY = { S: "\u{10FFFF}".repeat(KEY_BYTES / 4) };

type Listings = "listKeys" | "listCollections" | "destroyCollection" | "destroy" | "cull";

/** The listings of a table, and what walks over many of its items. */
export function dynamoDBListings({ call, table, consistency }: DynamoDBUse): Pick<Driver<Listings>, Listings> {
  const parts = { TableName: table, ProjectionExpression: "#collection, #key, #ttl, #deadline" };
  const names = { "#collection": "collection", "#key": "key", "#ttl": "ttl", "#deadline": "deadline" };

  /** Reads a page of a collection in the order of keys. */
  async function query(
    collection: string,
    start: string,
    limit: number,
    from: ItemKey | undefined,
    ConsistentRead: boolean,
  ): Promise<Reply> {
    const { collection: name } = keyOf(collection, "");
    const input = {
      ...parts,
      KeyConditionExpression: `#collection = :collection${start && " AND begins_with(#key, :start)"}`,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: { ":collection": name, ...(start && { ":start": { S: start } }) },
      ConsistentRead,
      Limit: limit,
      ...(from && { ExclusiveStartKey: from }),
    };
    return await call("Query", input, { store: NAME, collection });
  }

  /** Reads a page of the table. Its collections are in no order, but the items of each are together. */
  async function scan(limit: number, from: ItemKey | undefined, ConsistentRead: boolean): Promise<Reply> {
    const input = {
      ...parts,
      ExpressionAttributeNames: names,
      ConsistentRead,
      Limit: limit,
      ...(from && { ExclusiveStartKey: from }),
    };
    return await call("Scan", input, { store: NAME });
  }

  /** Removes all items of some pages; true if one of them had not expired. */
  async function removeAll(
    read: (from: ItemKey | undefined) => Promise<Reply>,
    collection: string | undefined,
  ): Promise<boolean> {
    let held = false;
    let from: ItemKey | undefined;
    do {
      const reply = await read(from);
      const items = objectsOf(reply.Items);
      held ||= items.some(isLive);
      const writes = items.map((item) => ({ DeleteRequest: { Key: keyIn(item) } }));
      if (writes.length > 0) await batchWrite(call, table, writes, collection);
      from = nextKey(reply, from);
    } while (from);
    return held;
  }

  return {
    /** Goes on until there is a key: a page may have expired entries alone. Each time it then reads twice as many. */
    async listKeys(collection, { prefix = "", cursor, limit = PAGE }: DriverPage): Promise<Page> {
      const details = { store: NAME, collection };
      const start = encodePrefix(prefix);
      const { collection: name } = keyOf(collection, "");
      let from =
        cursor === undefined
          ? undefined
          : { collection: name, key: { S: checkedCursor(cursor, start, KEY_BYTES, details) } };
      if (utf8(start).length > KEY_BYTES) return { names: [] };
      for (let size = Math.min(limit, PAGE); ; size = Math.min(size * 2, PAGE)) {
        const reply = await query(collection, start, size, from, consistency === "strong");
        const keys = objectsOf(reply.Items).flatMap((item) => {
          const key = isLive(item) ? decodeName(textOf(item, "key")) : undefined;
          return key?.startsWith(prefix) ? [key] : [];
        });
        if (keys.length > limit) return { names: keys.slice(0, limit), cursor: encodeName(keys[limit - 1] as string) };
        from = nextKey(reply, from);
        if (!from) return { names: keys };
        if (keys.length > 0) return { names: keys, cursor: from.key.S };
      }
    },

    /** Skips what is left of a collection as soon as it is known. */
    async listCollections({ prefix = "", cursor, limit = PAGE }: DriverPage): Promise<Page> {
      const endOf = (collection: string): ItemKey => ({ collection: { S: collection }, key: LAST_KEY });
      const found: string[] = [];
      let known = cursor;
      let passed: ItemKey | undefined;
      let look = LOOK;
      let from = cursor === undefined ? undefined : endOf(checkedCursor(cursor, "", COLLECTION_BYTES, { store: NAME }));
      for (;;) {
        const reply = await scan(look, from, consistency === "strong");
        for (const item of objectsOf(reply.Items)) {
          const text = textOf(item, "collection");
          const name = decodeName(text);
          if (text === known || !isLive(item) || !name?.startsWith(prefix)) continue;
          if (found.length === limit) return { names: found, cursor: known };
          found.push(name);
          known = text;
        }
        const next = nextKey(reply, passed);
        if (!next) return { names: found };
        passed = next;
        const isKnown = next.collection.S === known || !decodeName(next.collection.S)?.startsWith(prefix);
        from = isKnown ? endOf(next.collection.S) : next;
        look = isKnown ? LOOK : Math.min(look * 2, PAGE);
      }
    },

    destroyCollection: (collection) => removeAll((from) => query(collection, "", PAGE, from, true), collection),
    destroy: () => removeAll((from) => scan(PAGE, from, true), undefined),

    async cull() {
      let culled = 0;
      let from: ItemKey | undefined;
      do {
        const reply = await scan(PAGE, from, true);
        const items = objectsOf(reply.Items).filter((item) => !isLive(item));
        await inLanes(items, LANES, async (item) => {
          const input = { TableName: table, Key: keyIn(item), ...conditional(expired()) };
          const { refused } = await call("DeleteItem", input, { store: NAME });
          if (!refused) culled++;
        });
        from = nextKey(reply, from);
      } while (from);
      return culled;
    },
  };
}

/** Whether an item of a listing has not expired. One whose deadline is no time counts as corrupt, and is listed. */
function isLive(item: DynamoDBStored): boolean {
  return live(timesOf(item) ?? {}) !== undefined;
}

/** The key in an item. */
function keyIn(item: unknown): ItemKey {
  return { collection: { S: textOf(item, "collection") }, key: { S: textOf(item, "key") } };
}

/** The key after which the next page starts, if there is one. */
function nextKey({ LastEvaluatedKey: last }: Reply, before: ItemKey | undefined): ItemKey | undefined {
  if (last === undefined || last === null) return undefined;
  const next = keyIn(last);
  if (next.collection.S !== before?.collection.S || next.key.S !== before.key.S) return next;
  throw new KeyValueError("backend", "DynamoDB has returned the same page again", { store: NAME });
}

/** A cursor may be the key of an item of another program, which is not in the listing. */
function checkedCursor(cursor: string, start: string, limit: number, details: ErrorDetails): string {
  const isKey = cursor !== "" && !/\p{Surrogate}/u.test(cursor) && utf8(cursor).length <= limit;
  if (isKey && cursor.startsWith(start)) return cursor;
  throw new KeyValueError("invalid_cursor", "the cursor is not from this listing", details);
}
