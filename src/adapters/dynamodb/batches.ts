import { KeyValueError } from "../../core/errors.ts";
import { inLanes } from "../../core/lanes.ts";
import { pause } from "../../core/times.ts";
import type { DynamoDBStored, DynamoDBWrite, ItemKey } from "./client.ts";
import { NAME } from "./failure.ts";
import { decodeName } from "./names.ts";
import type { Call } from "./transport.ts";

/** Keys of one read and items of one write: docs.aws.amazon.com/amazondynamodb/latest/APIReference. */
const READ_KEYS = 100;
const WRITE_ITEMS = 25;

/** How many requests of a bulk run at the same time. */
export const LANES = 16;

/** How often a batch is sent again of which DynamoDB has processed nothing. */
const TRIES = 7;

/** The pause before a batch is sent again, in milliseconds. It doubles each time that nothing was processed. */
const PAUSE = 10;

/** Reads items by their keys, which are distinct. They come in any order. */
export async function batchGet(
  call: Call,
  table: string,
  keys: readonly ItemKey[],
  consistent: boolean,
  collection: string,
): Promise<DynamoDBStored[]> {
  const found: DynamoDBStored[] = [];
  await inBatches(keys, READ_KEYS, collection, sameKey, async (part) => {
    const RequestItems = { [table]: { Keys: [...part], ConsistentRead: consistent } };
    const { Responses, UnprocessedKeys } = await call("BatchGetItem", { RequestItems }, { store: NAME, collection });
    found.push(...Object.values(Object(Responses)).flatMap(objectsOf));
    const rest = Object.values(Object(UnprocessedKeys)).flatMap((of) => objectsOf(Object(of).Keys));
    const left = new Set(rest.map((key) => idOf(key)));
    return part.filter((key) => left.has(idOf(key)));
  });
  return found;
}

/** Writes and removes items of a collection. */
export async function batchWrite(
  call: Call,
  table: string,
  writes: readonly DynamoDBWrite[],
  collection?: string,
): Promise<void> {
  await inBatches(writes, WRITE_ITEMS, collection, keyOfWrite, async (part) => {
    const details = { store: NAME, collection };
    const { UnprocessedItems } = await call("BatchWriteItem", { RequestItems: { [table]: [...part] } }, details);
    const rest = Object.values(Object(UnprocessedItems)).flatMap(objectsOf);
    const left = new Set(rest.map((write) => idOf(keyOfWrite(write))));
    return part.filter((write) => left.has(idOf(keyOfWrite(write))));
  });
}

/**
 * Sends items in batches. `send` returns what DynamoDB has not processed, which is sent again after a pause. After a failure
 * it still sends the other batches, and names the keys that failed.
 */
async function inBatches<T>(
  items: readonly T[],
  size: number,
  collection: string | undefined,
  keyOf: (item: T) => unknown,
  send: (part: readonly T[]) => Promise<readonly T[]>,
): Promise<void> {
  const parts: (readonly T[])[] = [];
  for (let at = 0; at < items.length; at += size) parts.push(items.slice(at, at + size));
  const failed: string[] = [];
  let first: KeyValueError | undefined;
  await inLanes(parts, LANES, async (part) => {
    let rest = part;
    try {
      for (let fruitless = 0; rest.length > 0; ) {
        let refusal: KeyValueError | undefined;
        const left = await send(rest).catch((error: KeyValueError) => {
          // This is how DynamoDB says that it has processed nothing of a batch.
          if (error.code !== "rate_limited") throw error;
          refusal = error;
          return rest;
        });
        fruitless = left.length < rest.length ? 0 : fruitless + 1;
        rest = left;
        if (fruitless >= TRIES) {
          if (refusal) throw refusal;
          const problem = `DynamoDB has left ${rest.length} of ${items.length} items ${TRIES} times: it takes no more for the moment`;
          throw new KeyValueError("rate_limited", problem, { store: NAME, collection });
        }
        if (rest.length > 0) await pause(PAUSE * 2 ** fruitless * (0.5 + Math.random() / 2), undefined);
      }
    } catch (error) {
      first ??= error as KeyValueError;
      failed.push(...rest.map((item) => decodeName(textOf(keyOf(item), "key")) ?? ""));
    }
  });
  if (!first) return;
  throw new KeyValueError(first.code, first.message, {
    ...first,
    failed,
    ...(failed.length === 1 && { key: failed[0] }),
    cause: first.cause,
  });
}

const sameKey = (key: unknown): unknown => key;

/** The key of the item that is written or removed. */
function keyOfWrite(write: unknown): unknown {
  const { PutRequest, DeleteRequest } = Object(write) as {
    readonly PutRequest?: unknown;
    readonly DeleteRequest?: unknown;
  };
  return Object(PutRequest).Item ?? Object(DeleteRequest).Key;
}

/** A string that no other key has. */
function idOf(key: unknown): string {
  return JSON.stringify([textOf(key, "collection"), textOf(key, "key")]);
}

/** The text of an attribute of an item or key; empty if it is not a text, which no key is. */
export function textOf(item: unknown, name: string): string {
  const { S: text } = Object(Object(item)[name]) as { readonly S?: unknown };
  return typeof text === "string" ? text : "";
}

/** The objects of a list of a reply. */
export function objectsOf(list: unknown): DynamoDBStored[] {
  return Array.isArray(list) ? list.filter((one) => typeof one === "object" && one !== null) : [];
}
