import { oneOf, refuse, strings } from "../core/checks.ts";
import { checkedOnCorrupt, type OnCorrupt } from "../core/corrupt.ts";
import type { Capability, Store } from "../core/driver.ts";
import { createStore, type StoreOptions } from "../core/store.ts";
import type { DenoKVAtomic, DenoKVClient, DenoKVEntry, DenoKVKey, DenoKVReadOptions } from "./deno/client.ts";
import { denoKVDriver } from "./deno/driver.ts";

export type { DenoKVAtomic, DenoKVClient, DenoKVEntry, DenoKVKey, DenoKVReadOptions, OnCorrupt };

/** Options of {@link denoKVStore}. */
export interface DenoKVStoreOptions extends StoreOptions {
  /** What all keys of the store begin with. Default: `["edge-key-value"]`. */
  readonly keyPrefix?: readonly string[] | undefined;
  /** `"eventual"` lets the nearest replica answer plain reads and listings. Default: `"strong"`. */
  readonly consistency?: "strong" | "eventual" | undefined;
  /** What to do with a stored value that this store did not write. Default: `"throw"`, an error with code `corrupted`. */
  readonly onCorrupt?: OnCorrupt | undefined;
}

/**
 * Makes a store in Deno KV: on Deno, on Deno Deploy, and on Node and Bun by `@deno/kv`.
 *
 * | | |
 * |---|---|
 * | Consistency | strong; eventual where `consistency` asks for it |
 * | Limits | keys of 2,048 bytes, with collection, prefix and 2 bytes for each part; values of 65,536 bytes, as JSON with their times |
 * | Calls per operation | one for each 10 keys read; one for each 100 keys or 800 kB written; a delete is a read and a commit for each 10 keys; an atomic operation is a read and a commit, `putIfAbsent` a commit |
 * | Stores | JSON in UTF-8, with the value and its times, under `["edge-key-value", collection, key]` |
 *
 * A version is the versionstamp of the entry, with its deadline. Deno KV expires entries some time after their deadline; each
 * read checks it, by the clock of the caller. `increment` does not use the native sum, which does not return what it sums to.
 *
 * A bulk write is one transaction for each 100 keys. A swap recognises itself if the client repeats it after a lost reply,
 * unless another writer came in between; a removal that is repeated counts as lost. `destroy()` removes what is under the
 * prefix. The client stays yours to close.
 *
 * Limits: docs.deno.com/api/deno/~/Deno.Kv.
 *
 * @throws TypeError when the first argument is no Deno KV, or an option is of the wrong type.
 *
 * @example
 * ```ts
 * import { openKv } from "@deno/kv"; // On Deno: Deno.openKv
 * import { denoKVStore } from "edge-key-value/adapters/deno-kv";
 *
 * const store = denoKVStore(await openKv(":memory:"));
 * await store.put("ann", { plan: "free" }, { collection: "users", ttl: 3600 });
 * ```
 */
export function denoKVStore(kv: DenoKVClient, options: DenoKVStoreOptions = {}): Store<Capability> {
  const { keyPrefix = ["edge-key-value"], consistency = "strong" } = options;
  if (typeof kv?.getMany !== "function" || typeof kv.atomic !== "function")
    refuse("kv", "a Deno KV, such as of openKv");
  oneOf(consistency, "consistency", ["strong", "eventual"]);
  const onCorrupt = checkedOnCorrupt(options.onCorrupt);
  const root = strings(keyPrefix);
  if (root.length === 0) refuse("keyPrefix", "an array with a string");
  return createStore(denoKVDriver({ kv, root, consistency, onCorrupt }), options);
}
