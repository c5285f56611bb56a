/** The bridges fit the packages that they are for. Checked by the compiler, never run. */
import type { KeyValueCache } from "@apollo/utils.keyvaluecache";
import type { Cache } from "@epic-web/cachified";
import type KeyvRedis from "@keyv/redis";
import { createAsyncStoragePersister } from "@tanstack/query-async-storage-persister";
import { KeyvMemoryAdapter, type KeyvStorageAdapter } from "keyv";
import type { KeyvStoreAdapter } from "keyv5";
import type { StorageInterface } from "ocache";
import type { CacheStorage } from "p-memoize";
import type { Driver } from "unstorage";
import { type KeyvStorage, keyvStore } from "../../src/adapters/keyv.ts";
import { unstorageStore } from "../../src/adapters/unstorage.ts";
import { type AsyncKeyValue, memoryStore } from "../../src/index.ts";
import { toApolloCache } from "../../src/interop/apollo.ts";
import { toAsyncMap } from "../../src/interop/async-map.ts";
import { toAsyncStorage } from "../../src/interop/async-storage.ts";
import { toCachified } from "../../src/interop/cachified.ts";
import { toKeyv, toKeyv5 } from "../../src/interop/keyv.ts";
import { toKVNamespace } from "../../src/interop/kv-namespace.ts";
import { toLangChainStore } from "../../src/interop/langchain.ts";
import { toOcacheStorage } from "../../src/interop/ocache.ts";
import { toUnstorageDriver } from "../../src/interop/unstorage.ts";

declare const anyStore: AsyncKeyValue;

const KV = toKVNamespace(memoryStore());
KV.get("k") satisfies Promise<string | null>;
KV.get<{ a: 1 }>("k", "json") satisfies Promise<{ a: 1 } | null>;
KV.get("k", { type: "arrayBuffer" }) satisfies Promise<ArrayBuffer | null>;
KV.get(["k"]) satisfies Promise<Map<string, string | null>>;
KV.list<{ tag: string }>().then(({ keys }) => keys[0]?.metadata?.tag satisfies string | undefined);
// @ts-expect-error: a bulk read is text or JSON
KV.get(["k"], "stream");
// @ts-expect-error: a store that cannot list its keys
toKVNamespace(anyStore);

type KeyvMethods = "namespace" | "set" | "delete" | "deleteMany" | "clear" | "has" | "hasMany";
toKeyv(memoryStore()) satisfies Pick<KeyvStorageAdapter, KeyvMethods | "setMany">;
toKeyv5(memoryStore()) satisfies Pick<KeyvStoreAdapter, KeyvMethods | "opts" | "on">;
// @ts-expect-error: a store that cannot list its keys
toKeyv(anyStore);

toUnstorageDriver(memoryStore()) satisfies Driver;
// @ts-expect-error: a store that cannot list its keys
toUnstorageDriver(anyStore);

toCachified(anyStore) satisfies Cache;
toOcacheStorage(anyStore) satisfies StorageInterface;
toApolloCache(anyStore) satisfies KeyValueCache;
createAsyncStoragePersister({ storage: toAsyncStorage(anyStore) });
toAsyncMap<{ a: 1 }>(anyStore) satisfies CacheStorage<string, { a: 1 }>;
// @ts-expect-error: not the values of this map
toAsyncMap<{ a: 1 }>(anyStore).set("k", { a: 2 });

declare abstract class BaseStore<K, V> {
  abstract mget(keys: K[]): Promise<(V | undefined)[]>;
}
toLangChainStore<BaseStore<string, Uint8Array>>(BaseStore, memoryStore()).mget(["k"]);
// @ts-expect-error: not a class
toLangChainStore<BaseStore<string, Uint8Array>>({}, memoryStore());

declare const unstorageDriver: Driver;
declare const keyvRedis: KeyvRedis<string>;
unstorageStore(unstorageDriver, { listings: true }).listKeys();
// @ts-expect-error: listings are only there when they are asked for
unstorageStore(unstorageDriver).listKeys();
// @ts-expect-error: nothing is atomic
unstorageStore(unstorageDriver, { listings: true }).take("k");
keyvStore(new KeyvMemoryAdapter(new Map()), { listings: true }).destroyCollection();
keyvRedis satisfies KeyvStorage;
// @ts-expect-error: listings are only there when they are asked for
keyvStore(keyvRedis).keys();
