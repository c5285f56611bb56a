import { describe, expect, it } from "#test";
import { memoryStore } from "../../src/index.ts";
import { toLangChainStore } from "../../src/interop/langchain.ts";
import { storeWith } from "./support.ts";

/** As the class of `@langchain/core/stores`, which is too large to install for these tests. */
abstract class BaseStore<K, V> {
  readonly lc_kwargs: object;
  abstract lc_namespace: string[];
  abstract mget(keys: K[]): Promise<(V | undefined)[]>;
  abstract mset(pairs: [K, V][]): Promise<void>;
  abstract mdelete(keys: K[]): Promise<void>;
  abstract yieldKeys(prefix?: string): AsyncGenerator<K | string>;
  constructor(kwargs: object) {
    this.lc_kwargs = Object.entries(kwargs);
  }
}

async function keysOf(store: BaseStore<string, unknown>, prefix?: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of store.yieldKeys(prefix)) keys.push(key);
  return keys;
}

describe("LangChain on a store", () => {
  it("keeps bytes and JSON, and is one of LangChain's own stores", async () => {
    const store: BaseStore<string, unknown> = toLangChainStore(BaseStore, memoryStore());
    expect(store).toBeInstanceOf(BaseStore);
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    await store.mset([
      ["doc:bytes", bytes],
      ["doc:part", bytes.subarray(7, 9)],
      ["doc:json", { base64: "AA==" }],
      ["null", null],
    ]);
    expect(await store.mget(["doc:part", "none", "doc:bytes", "doc:json", "null"])).toEqual([
      bytes.slice(7, 9),
      undefined,
      bytes,
      { base64: "AA==" },
      null,
    ]);
    await expect(store.mset([["k", undefined]])).rejects.toThrow(TypeError);
  });

  it("yields keys by their prefix, and removes them", async () => {
    const store: BaseStore<string, number> = toLangChainStore(BaseStore, memoryStore());
    await store.mset(Array.from({ length: 1500 }, (_, i) => [`doc:${i}`, i]));
    await store.mset([["other", 1]]);
    expect((await keysOf(store)).length).toBe(1501);
    await store.mdelete(await keysOf(store, "doc:"));
    expect(await keysOf(store)).toEqual(["other"]);
  });

  it("makes one call for many keys", async () => {
    let reads = 0;
    const { store } = storeWith(({ read }) => ({
      read: (...args) => [reads++, read(...args)][1] as ReturnType<typeof read>,
    }));
    const bridge: BaseStore<string, number> = toLangChainStore(BaseStore, store, { ttl: 60 });
    await bridge.mget(["a", "b", "c"]);
    expect(reads).toBe(1);
  });

  it("takes what others stored in its collection for corrupted", async () => {
    const memory = memoryStore();
    const store: BaseStore<string, unknown> = toLangChainStore(BaseStore, memory);
    for (const value of [0, "text", [], {}, { base64: "?" }]) {
      await memory.put("k", value, { collection: "langchain" });
      await expect(store.mget(["k"])).rejects.toThrow("not written by LangChain");
    }
  });

  it("refuses a store that cannot list its keys", () => {
    const { listKeys: _, ...unlisted } = memoryStore();
    expect(() => toLangChainStore(BaseStore, unlisted as never)).toThrow("a store that can list its keys");
  });
});
