import { Keyv, KeyvMemoryAdapter } from "keyv";
import { describe, expect, it } from "#test";
import { type KeyvStorage, keyvStore } from "../../src/adapters/keyv.ts";
import { conformance } from "../../src/conformance/index.ts";
import { memoryStore, supports, toDriver } from "../../src/index.ts";
import { toKeyv, toKeyv5 } from "../../src/interop/keyv.ts";
import { movedClock } from "../support/clock.ts";

const wait = movedClock();

const memoryAdapter = () => new KeyvMemoryAdapter(new Map());
const listCapabilities = ["listKeys", "listCollections", "destroyCollection"] as const;

conformance(
  { describe, it, expect },
  "keyvStore over the memory adapter of Keyv 6, with listings",
  () => keyvStore(memoryAdapter(), { listings: true, consistency: "strong" }),
  { capabilities: listCapabilities, ordered: true, wait },
);
conformance({ describe, it, expect }, "keyvStore over an adapter for Keyv 5", () => keyvStore(toKeyv5(memoryStore())), {
  capabilities: [],
  wait,
});

describe("keyvStore", () => {
  it("passes an expiry on as each version takes it, a minute later than the deadline", async () => {
    const passed: unknown[] = [];
    const spy = (adapter: KeyvStorage): KeyvStorage => ({
      ...adapter,
      set: (key, value, expiry) => [passed.push(expiry), adapter.set(key, value, expiry)][1],
    });
    const before = Date.now();
    await keyvStore(spy(toKeyv(memoryStore()))).put("k", 1, { ttl: 60 });
    await keyvStore(spy(toKeyv5(memoryStore()))).put("k", 1, { ttl: 60 });
    await keyvStore(spy(toKeyv5(memoryStore()))).put("k", 1, { ttl: 1e10 });
    const [expires, life, far] = passed as [number, number, undefined];
    expect(expires - before).toBeGreaterThanOrEqual(120_000);
    expect(expires - before).toBeLessThanOrEqual(121_000);
    expect(life).toBeGreaterThanOrEqual(119_000);
    expect(life).toBeLessThanOrEqual(120_000);
    expect(far).toBe(undefined);
  });

  it("makes one call for many keys", async () => {
    const calls: string[] = [];
    const adapter = toKeyv(memoryStore());
    const spy: KeyvStorage = {
      ...adapter,
      getMany: (keys) => [calls.push("getMany"), adapter.getMany(keys)][1],
      setMany: (items) => [calls.push("setMany"), adapter.setMany(items)][1],
    };
    const store = keyvStore(spy);
    const keys = Array.from({ length: 1000 }, (_, i) => `k${i}`);
    await store.putMany(keys.map((key) => [key, key]));
    expect(await store.getMany(keys)).toEqual(keys);
    expect(calls).toEqual(["setMany", "getMany"]);
  });

  it("fails where the adapter only emits its failure, and says which keys were refused", async () => {
    let listener: ((error: unknown) => void) | undefined;
    const adapter = toKeyv(memoryStore());
    const silent: KeyvStorage = {
      ...adapter,
      on: (_, given) => void (listener = given),
      get: async () => void listener?.(Object.assign(new Error("down"), { code: "ECONNREFUSED" })),
      setMany: async (items) => items.map(({ key }) => !key.endsWith("b")),
    };
    const store = keyvStore(silent);
    const read = await store.get<never>("k").catch((error) => error);
    expect([read.code, read.key]).toEqual(["unavailable", "k"]);
    const written = await store
      .putMany([
        ["a", 1],
        ["b", 1],
      ])
      .catch((error) => error);
    expect([written.code, written.failed]).toEqual(["backend", ["b"]]);
  });

  it("claims what it is told and what is there, and no more", () => {
    const { iterator: _, ...unlisted } = toKeyv(memoryStore());
    expect(() => keyvStore(unlisted, { listings: true })).toThrow("cannot list its keys");
    const store = keyvStore(memoryAdapter());
    expect([toDriver(store).consistency, supports(store, "listKeys"), supports(store, "swap")]).toEqual([
      "eventual",
      false,
      false,
    ]);
    expect(() => keyvStore(new Keyv() as never)).toThrow("not Keyv itself");
    expect(() => keyvStore({} as never)).toThrow(TypeError);
  });
});
