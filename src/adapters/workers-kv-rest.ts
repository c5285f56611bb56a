import { baseStore, type StoreOptions } from "../core/base-store.ts";
import type { Store } from "../core/driver.ts";
import { KeyValueError } from "../core/errors.ts";
import { type KVUse, kvDriver } from "./kv/driver.ts";
import type { ListCapability } from "./kv/listings.ts";
import { restNamespace } from "./kv/rest.ts";
import type { Fetch, RestAccess } from "./kv/rest-api.ts";

export type { ListCapability };

/** Where a namespace is, what opens it, and how the store uses it. */
export interface WorkersKVRestOptions extends StoreOptions, Omit<KVUse, "cacheTtl">, RestAccess {
  /** Sends the requests. Default: the global `fetch`. */
  readonly fetch?: Fetch | undefined;
}

/**
 * Makes a store in Workers KV that works outside of Workers: on Node, Bun and Deno, and in scripts.
 *
 * | | |
 * |---|---|
 * | Consistency | eventual: other locations see a write within about a minute |
 * | Limits | values 25 MiB as JSON; names of about 950 bytes, collection included; 1,200 calls in five minutes for an account |
 * | Calls per operation | one for each 100 keys to read, 10,000 keys or 100 MB to write, and 10,000 keys to delete; a delete reads first |
 * | Stores | what `workersKVStore` stores, so that a Worker sees the same entries |
 *
 * `listCollections` reads every name in the namespace. When a bulk fails in part, the error names the keys that failed. No
 * request is sent again: put `retry` around the store for that. It waits for `retryAfter`, which `rate_limited` has.
 *
 * The API token needs the permission "Workers KV Storage: Edit", or "Read" to read only. Keep it out of browsers.
 *
 * Limits: developers.cloudflare.com/kv/platform/limits, developers.cloudflare.com/api/resources/kv.
 *
 * @throws TypeError when `accountId`, `namespaceId` or `apiToken` is not a string.
 * @throws KeyValueError `misconfigured` when one of them is undefined or empty.
 *
 * @example
 * ```ts
 * import { workersKVRestStore } from "edge-key-value/adapters/workers-kv-rest";
 *
 * declare const secrets: { readonly apiToken: string };
 *
 * export const store = workersKVRestStore({
 *   accountId: "023e105f4ecef8ad9ca31a8372d0c353",
 *   namespaceId: "0f2ac74b498b48028cb68387c421e279",
 *   apiToken: secrets.apiToken,
 *   keyPrefix: "my-app",
 * });
 *
 * export const visits = () => store.get("visits");
 * ```
 */
export function workersKVRestStore(
  options: WorkersKVRestOptions & { readonly keyPrefix: string },
): Store<ListCapability | "destroy">;
export function workersKVRestStore(options: WorkersKVRestOptions): Store<ListCapability>;
export function workersKVRestStore(options: WorkersKVRestOptions): Store<ListCapability> {
  const { accountId, namespaceId, apiToken, fetch: send = globalFetch } = options ?? {};
  requireTexts({ accountId, namespaceId, apiToken });
  if (typeof send !== "function") throw new TypeError("fetch must be a function");
  const { keyPrefix, checkDeletes, onCorrupt } = options;
  const namespace = restNamespace({ accountId, namespaceId, apiToken }, send);
  // All keys of a bulk at once, which the namespace sends together.
  const driver = kvDriver(namespace, { keyPrefix, checkDeletes, onCorrupt }, Number.POSITIVE_INFINITY);
  return baseStore(withOwnFailures(driver), options) as Store<ListCapability>;
}

const globalFetch: Fetch = (url, init) => fetch(url, init);

/** Variables of the environment that are not set arrive as `undefined`. */
function requireTexts(texts: Readonly<Record<string, unknown>>): void {
  for (const [name, text] of Object.entries(texts)) {
    if (text === undefined || text === "") {
      throw new KeyValueError(
        "misconfigured",
        `workersKVRestStore needs ${name}, which is ${text === "" ? "empty" : text}`,
      );
    }
    if (typeof text !== "string") throw new TypeError(`${name} must be a string`);
  }
}

/** The driver reads the meaning of a failure from a binding's text. The API's failures have one already. */
function withOwnFailures<D extends object>(driver: D): D {
  const own = Object.entries(driver).map(([name, member]) => {
    if (typeof member !== "function") return [name, member] as const;
    const call = async (...args: unknown[]) => {
      try {
        return await member(...args);
      } catch (error) {
        const { cause, collection, key, failed } = error as KeyValueError;
        if (!(cause instanceof KeyValueError)) throw error;
        const details = { ...cause, collection, key, failed, cause: cause.cause };
        throw new KeyValueError(cause.code, cause.message, details);
      }
    };
    return [name, call] as const;
  });
  return Object.fromEntries(own) as D;
}
