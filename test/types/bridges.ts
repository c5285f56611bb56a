/** The bridges fit the packages that they are for. Checked by the compiler, never run. */
import type { KeyvStorageAdapter } from "keyv";
import type { KeyvStoreAdapter } from "keyv5";
import type { Driver } from "unstorage";
import { type AsyncKeyValue, memoryStore } from "../../src/index.ts";
import { toKeyv, toKeyv5 } from "../../src/interop/keyv.ts";
import { toKVNamespace } from "../../src/interop/kv-namespace.ts";
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
