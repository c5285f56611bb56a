import { oneOf, refuse, string } from "../core/checks.ts";
import { checkedOnCorrupt, type OnCorrupt } from "../core/corrupt.ts";
import type { Capability, Store } from "../core/driver.ts";
import { KeyValueError } from "../core/errors.ts";
import { createStore, type StoreOptions } from "../core/store.ts";
import type { DynamoDBFetch, DynamoDBSdk, DynamoDBSigner } from "./dynamodb/client.ts";
import { dynamoDBDriver } from "./dynamodb/driver.ts";
import { NAME } from "./dynamodb/failure.ts";
import { type Call, httpCall, sdkCall } from "./dynamodb/transport.ts";

export type {
  DynamoDBAttribute,
  DynamoDBFetch,
  DynamoDBInputs,
  DynamoDBSdk,
  DynamoDBSigner,
  DynamoDBSigning,
  DynamoDBWrite,
} from "./dynamodb/client.ts";
export type { OnCorrupt };

/** Options of {@link dynamoDBStore}. */
export interface DynamoDBStoreOptions extends StoreOptions {
  /** The name of the table. */
  readonly table: string;
  /** The region of the table, such as `"eu-central-1"`. Default: that of the signer. A client of the SDK has its own. */
  readonly region?: string | undefined;
  /** The URL of another server, such as a local one. Default: that of the region. A client of the SDK has its own. */
  readonly endpoint?: string | undefined;
  /** `"eventual"` halves the price of plain reads and listings, which may then miss writes of the last second. Default: `"strong"`. */
  readonly consistency?: "strong" | "eventual" | undefined;
  /** What to do with an item that is not an entry. Default: `"throw"`, an error with code `corrupted`. */
  readonly onCorrupt?: OnCorrupt | undefined;
  /** Sends the signed requests. A client of the SDK sends its own. Default: the global `fetch`. */
  readonly fetch?: DynamoDBFetch | undefined;
}

/**
 * Makes a store in a DynamoDB table.
 *
 * | | |
 * |---|---|
 * | Consistency | strong; eventual where `consistency` asks for it |
 * | Limits | collection 2,048 bytes, key 1,024 bytes, item 400 KB, with collection, key and times |
 * | Calls per operation | one for a read, a write, a delete, a swap, a page; one for each 100 keys read or 25 written; one for each key of a bulk delete; an atomic operation is a read and a swap, `putIfAbsent` a swap |
 * | Stores | an item with the keys `collection` and `key`, the JSON envelope of Python's py-key-value-aio in `value`, and the deadline in `ttl` |
 *
 * Takes an `AwsClient` of `aws4fetch`, which works on every runtime, or the `DynamoDB` class of the AWS SDK. The table must
 * exist, with the partition key `collection` and the sort key `key`, both strings. All entries of a collection are in one
 * partition, which takes about 1,000 writes and 3,000 reads a second.
 *
 * DynamoDB deletes expired items within days, by their `ttl`, if that is enabled for the table. Each read checks the deadline,
 * by the clock of the caller. A bulk write is not atomic. `increment` cannot be DynamoDB's `ADD`, since the layout keeps values
 * as JSON. `listCollections`, `destroy` and `cull` read from all of the table; `destroy` empties it.
 *
 * The store sends each request once, except what a busy DynamoDB leaves of a batch: a write that is sent again could happen twice. A
 * client of the SDK must have `maxAttempts: 1`, or each call fails with code `misconfigured`. On Deno each request has a
 * connection of its own, since `fetch` repeats requests there.
 *
 * Limits: docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html.
 *
 * @throws TypeError when the first argument is not a client, or an option is of the wrong type.
 * @throws KeyValueError `misconfigured` when the table or the region is undefined, or the endpoint is not a URL.
 *
 * @example
 * ```ts
 * import { AwsClient } from "aws4fetch";
 * import { dynamoDBStore } from "edge-key-value/adapters/dynamodb";
 *
 * declare const secrets: { readonly accessKeyId: string; readonly secretAccessKey: string };
 *
 * const store = dynamoDBStore(new AwsClient(secrets), { table: "entries", region: "eu-central-1" });
 * await store.put("user:123", { name: "Alice" }, { ttl: 3600 });
 * ```
 */
export function dynamoDBStore(client: DynamoDBSigner | DynamoDBSdk, options: DynamoDBStoreOptions): Store<Capability> {
  const { table, consistency = "strong" } = options ?? {};
  present(table, "table");
  oneOf(consistency, "consistency", ["strong", "eventual"]);
  const onCorrupt = checkedOnCorrupt(options.onCorrupt);
  return createStore(dynamoDBDriver({ call: callOf(client, options), table, consistency, onCorrupt }), options);
}

function callOf(client: DynamoDBSigner | DynamoDBSdk, options: DynamoDBStoreOptions): Call {
  const given = Object(client) as Partial<DynamoDBSigner & DynamoDBSdk>;
  if (typeof given.batchGetItem === "function") return sdkCall(client as DynamoDBSdk, options.table);
  if (typeof given.sign !== "function") {
    refuse(
      "client",
      "an AwsClient of aws4fetch, or a DynamoDB (not a DynamoDBClient) of @aws-sdk/client-dynamodb",
      client,
    );
  }
  const { table, region = given.region, fetch: send = globalFetch } = options;
  if (typeof send !== "function") refuse("fetch", "a function", send);
  const place = present(region, "region");
  const { endpoint = `https://dynamodb.${place}.amazonaws.com${place.startsWith("cn-") ? ".cn" : ""}` } = options;
  if (!isUrl(string(endpoint, "endpoint"))) {
    const problem = "the endpoint, or the one of the region, is not a URL with http or https";
    throw new KeyValueError("misconfigured", problem, { store: NAME });
  }
  return httpCall(client as DynamoDBSigner, send, { table, region: place, endpoint });
}

const globalFetch: DynamoDBFetch = (request) => fetch(request);

function isUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

/** Variables of the environment that are not set arrive as `undefined`. */
function present(text: string | undefined, name: string): string {
  if (text !== undefined && text !== "") return string(text, name);
  const problem = `dynamoDBStore needs a ${name}, which is ${text === "" ? "empty" : "undefined"}`;
  throw new KeyValueError("misconfigured", problem, { store: NAME });
}
