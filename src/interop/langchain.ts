import { fromBase64, toBase64 } from "../core/base64.ts";
import { KeyValueError } from "../core/errors.ts";
import { requireStore } from "../core/requirements.ts";
import { eachKey, type ListedStore } from "./internal/listed.ts";

/** Options of {@link toLangChainStore}. */
export interface LangChainOptions {
  /** The collection to keep values in. Default: `"langchain"`. */
  readonly collection?: string | undefined;
  /** Seconds that a value lives after it was last set. Default: it never expires. */
  readonly ttl?: number | undefined;
}

/** What is stored: a JSON value, or bytes. */
type Stored = { readonly json: unknown } | { readonly base64: string };

/**
 * Makes a LangChain `BaseStore` from a store. `BaseStore` is the class of `@langchain/core/stores`.
 *
 * Values are bytes, as cached embeddings and document stores keep them, or JSON. Many keys are read, written or removed
 * in one call.
 *
 * It needs a store with listings, for `yieldKeys`; any consistency will do.
 *
 * @throws KeyValueError `misconfigured` when the store cannot list its keys.
 * @example
 * ```ts
 * import { BaseStore } from "@langchain/core/stores";
 * import { memoryStore } from "edge-key-value";
 * import { toLangChainStore } from "edge-key-value/interop/langchain";
 *
 * const embeddings: BaseStore<string, Uint8Array> = toLangChainStore(BaseStore, memoryStore());
 * await embeddings.mset([["doc:1", Uint8Array.of(1, 2, 3)]]);
 * ```
 */
export function toLangChainStore<Base extends object>(
  BaseStore: abstract new (...args: never[]) => NoInfer<Base>,
  store: ListedStore,
  { collection = "langchain", ttl }: LangChainOptions = {},
): Base {
  requireStore(store, "toLangChainStore", { listing: true });
  const methods = {
    lc_namespace: ["edge-key-value"],
    async mget(keys: string[]): Promise<unknown[]> {
      const found = await store.getMany<Stored>(keys, { collection });
      return found.map((stored) => (stored === null ? undefined : toValue(stored)));
    },
    async mset(pairs: [key: string, value: unknown][]): Promise<void> {
      const stored = pairs.map(([key, value]) => [key, toStored(value)] as const);
      await store.putMany(stored, { collection, ttl });
    },
    async mdelete(keys: string[]): Promise<void> {
      await store.deleteMany(keys, { collection });
    },
    yieldKeys: (prefix?: string) => eachKey(store, collection, prefix),
  };
  // The constructor of `Serializable` looks at its argument.
  return Object.assign(Reflect.construct(BaseStore, [{}]) as Base, methods);
}

function toStored(value: unknown): Stored {
  if (value === undefined) throw new TypeError("a value must be bytes or JSON, and is undefined");
  return value instanceof Uint8Array ? { base64: toBase64(value.slice()) } : { json: value };
}

/** Returns what was put; throws `corrupted` if this bridge did not write it. */
function toValue(stored: Stored): unknown {
  const bytes = "base64" in Object(stored) ? fromBase64((stored as { base64: unknown }).base64) : undefined;
  if (bytes) return bytes;
  if ("json" in Object(stored)) return (stored as { json: unknown }).json;
  throw new KeyValueError("corrupted", "the stored value was not written by LangChain");
}
