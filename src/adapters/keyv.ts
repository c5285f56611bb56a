import { refuse } from "../core/checks.ts";
import type { Store } from "../core/driver.ts";
import { createStore } from "../core/store.ts";
import { itemDriver } from "./items/driver.ts";
import { each } from "./items/each.ts";
import type { Item, ItemStorage, ItemStoreOptions, ListCapability } from "./items/storage.ts";

/** Options of {@link keyvStore}. */
export interface KeyvStoreOptions extends ItemStoreOptions {}

/** What this adapter needs of a storage adapter of Keyv 5 or 6. */
export interface KeyvStorage {
  readonly namespace?: string | undefined;
  readonly capabilities?: { readonly expires?: boolean | undefined } | undefined;
  get(key: string): unknown;
  getMany?(keys: string[]): unknown;
  /** `expiry` is a date of Keyv 6 where `capabilities.expires` is set, else a lifetime; both in milliseconds. */
  set(key: string, value: string, expiry?: number): unknown;
  setMany?(items: { key: string; value: string; ttl?: number; expires?: number }[]): unknown;
  delete(key: string): unknown;
  iterator?(namespace?: string): AsyncIterable<unknown>;
  on?(event: "error", listener: (error: unknown) => void): unknown;
}

/** The storage keeps an entry this many milliseconds beyond its deadline, because its clock may be ahead. */
const SKEW = 60_000;

/** Some clients take a 32-bit number of seconds. A later deadline is only in the envelope. */
const MAX_LIFE = 2e12;

/** Names in one bulk call. */
const BULK_NAMES = 1000;

/**
 * Makes a store over any storage adapter of Keyv, 5 or 6: SQL databases, MongoDB, etcd, Memcached, DynamoDB and others.
 *
 * | | |
 * |---|---|
 * | Consistency | `eventual`, unless you say with `consistency` that the backend is strong |
 * | Limits | those of the backend; names of at most 201 characters |
 * | Calls per operation | one for each 1,000 keys where the adapter has `getMany` and `setMany`, else one for each key, 16 at a time; a delete is one for each key, and reads first |
 * | Stores | JSON text under `collection:key`, both escaped to `a-z`, `0-9`, `-` and `_`, with the value, its times and a mark |
 *
 * It has no atomic operations, because adapters have none. With `listings: true`, and an adapter that has an iterator, it lists
 * keys and collections; each page iterates over all keys. Values keep their types and deadlines hold to the millisecond on
 * every backend. The adapter also gets the expiry, a minute late.
 *
 * Many adapters emit a failure as an `error` event and return nothing, so a call fails if the adapter emits one meanwhile.
 *
 * @throws KeyValueError `misconfigured` when `listings` is set and the adapter has no iterator.
 * @throws TypeError when `adapter` is not a storage adapter.
 * @example
 * ```ts
 * import { keyvStore } from "edge-key-value/adapters/keyv";
 * import { KeyvMemoryAdapter } from "keyv";
 *
 * const store = keyvStore(new KeyvMemoryAdapter(new Map()), { listings: true });
 * await store.put("ann", { plan: "free" }, { collection: "users" });
 * ```
 */
export function keyvStore(
  adapter: KeyvStorage,
  options: KeyvStoreOptions & { readonly listings: true },
): Store<ListCapability>;
export function keyvStore(adapter: KeyvStorage, options?: KeyvStoreOptions): Store;
export function keyvStore(adapter: KeyvStorage, options: KeyvStoreOptions = {}): Store {
  return createStore(itemDriver(storageOf(adapter), options), options);
}

function storageOf(adapter: KeyvStorage): ItemStorage {
  if (typeof adapter?.get !== "function" || typeof adapter.set !== "function")
    refuse("adapter", "a storage of Keyv", adapter);
  // Keyv itself would swallow failures.
  if ("hooks" in adapter && "stats" in adapter) refuse("adapter", "a storage adapter of Keyv, not Keyv itself");
  const store = "keyv";
  const emitted = failuresOf(adapter);

  /** Makes a call. It also fails if the adapter only emits its failure. */
  async function call<R>(work: () => R | Promise<R>): Promise<R> {
    const before = emitted.count;
    const result = await work();
    if (emitted.count !== before) throw emitted.latest;
    return result;
  }

  function expiryOf({ expiresAt }: Item): number | undefined {
    const life = expiresAt === undefined ? undefined : expiresAt - Date.now() + SKEW;
    if (life === undefined || life > MAX_LIFE) return undefined;
    return adapter.capabilities?.expires ? Date.now() + life : life;
  }

  async function setChunk(items: readonly Item[]): Promise<Item[]> {
    const pairs = items.map((item) => {
      const expiry = expiryOf(item);
      const times = expiry !== undefined && (adapter.capabilities?.expires ? { expires: expiry } : { ttl: expiry });
      return { key: item.name, value: item.text, ...times };
    });
    const results = await call(() => adapter.setMany?.(pairs));
    return Array.isArray(results) ? items.filter((_, i) => results[i] === false) : [];
  }

  async function setOne(item: Item): Promise<Item[]> {
    return (await call(() => adapter.set(item.name, item.text, expiryOf(item)))) === false ? [item] : [];
  }

  return {
    name: store,
    async get(names) {
      if (!adapter.getMany || names.length === 1) {
        return each(names, (name) => call(() => adapter.get(name)));
      }
      const found: unknown[] = [];
      for (const chunk of chunksOf(names)) {
        found.push(...((await call(() => adapter.getMany?.([...chunk]))) as readonly unknown[]));
      }
      return found;
    },
    async set(items) {
      const parts = adapter.setMany && items.length > 1 ? chunksOf(items) : items.map((item) => [item]);
      const failed: Item[] = [];
      let cause: unknown;
      await each(parts, async (part) => {
        try {
          failed.push(...(await (part.length > 1 ? setChunk(part) : setOne(part[0] as Item))));
        } catch (error) {
          failed.push(...part);
          cause = error;
        }
      });
      return { items: failed, cause };
    },
    remove: (name) => call(() => adapter.delete(name)),
    ...(adapter.iterator && {
      names: () =>
        call(async () => {
          const names: string[] = [];
          for await (const entry of adapter.iterator?.(adapter.namespace) ?? []) {
            names.push(String((entry as readonly unknown[])[0]));
          }
          return names;
        }),
    }),
  };
}

/** The `error` events of an adapter. */
interface Emitted {
  count: number;
  latest: unknown;
}

/** One listener for each adapter, however many stores there are over it. */
const listening: WeakMap<KeyvStorage, Emitted> = /* @__PURE__ */ new WeakMap();

function failuresOf(adapter: KeyvStorage): Emitted {
  const known = listening.get(adapter);
  if (known) return known;
  const emitted: Emitted = { count: 0, latest: undefined };
  listening.set(adapter, emitted);
  adapter.on?.("error", (error) => {
    emitted.count++;
    emitted.latest = error;
  });
  return emitted;
}

function chunksOf<T>(items: readonly T[]): T[][] {
  const chunks: T[][] = [];
  for (let at = 0; at < items.length; at += BULK_NAMES) chunks.push(items.slice(at, at + BULK_NAMES));
  return chunks;
}
