import type { SwapResult } from "../../core/driver.ts";
import type { Entry } from "../../core/entry.ts";
import type { Suite, Test } from "./suite.ts";

/** The driver's swap, on which the atomic operations stand. A store whose driver is hidden is not asked. */
export function versions({ having }: Suite): void {
  const test = having("swap");

  function toolsOf({ driver: { read, write, remove, swap }, collection }: Test<"swap">) {
    return (
      swap && {
        read: async () => (await read(collection, ["k"], { fresh: true }))[0],
        write: async (value: number) => write(collection, [["k", { value }]]),
        remove: async () => remove(collection, ["k"]),
        swap: async (expected: string | undefined, next: Entry | undefined): Promise<SwapResult> =>
          swap(collection, "k", expected, next),
      }
    );
  }

  test("every write gives an entry another version, also with the same value", async (context) => {
    const { expect, store, at } = context;
    const tools = toolsOf(context);
    if (!tools) return;
    const seen: unknown[] = [];
    const note = async () => seen.push((await tools.read())?.version);
    for (let i = 0; i < 3; i++) {
      await store.put("k", 1, at);
      await note();
    }
    await store.update("k", () => 1, at);
    await note();
    await tools.remove();
    await store.putIfAbsent("k", 1, at);
    await note();
    await store.take("k", at);
    await store.increment("k", 1, at);
    await note();
    expect(seen.every((version) => typeof version === "string")).toBe(true);
    expect(new Set(seen).size).toBe(seen.length);
  });

  test("reading changes no version", async (context) => {
    const { expect, store, at } = context;
    const tools = toolsOf(context);
    if (!tools) return;
    await tools.write(1);
    const version = (await tools.read())?.version;
    await store.get("k", at);
    await store.ttl("k", at);
    await store.update("k", () => undefined, at);
    expect((await tools.read())?.version).toBe(version);
  });

  test("a swap succeeds on the version that is there, and on no other", async (context) => {
    const { expect } = context;
    const tools = toolsOf(context);
    if (!tools) return;
    expect(await tools.swap("no such version", { value: 0 })).toEqual({ ok: false, current: undefined });
    expect((await tools.swap(undefined, { value: 1 })).ok).toBe(true);
    const first = await tools.read();
    expect(first?.value).toBe(1);
    for (const wrong of [undefined, "", "no such version"]) {
      const refused = await tools.swap(wrong, { value: 0 });
      expect([refused.ok, !refused.ok && refused.current?.value, !refused.ok && refused.current?.version]).toEqual([
        false,
        1,
        first?.version,
      ]);
    }
    expect((await tools.swap(first?.version, { value: 2 })).ok).toBe(true);
    expect((await tools.read())?.value).toBe(2);
    const refused = await tools.swap(first?.version, undefined);
    expect([refused.ok, !refused.ok && refused.current?.value]).toEqual([false, 2]);
    expect((await tools.swap((await tools.read())?.version, undefined)).ok).toBe(true);
    expect(await context.store.get("k", context.at)).toBe(null);
    expect((await tools.swap(undefined, undefined)).ok).toBe(true);
  });

  test("a version from before a removal and a new write never fits again", async (context) => {
    const { expect, store, at } = context;
    const tools = toolsOf(context);
    if (!tools) return;
    const removals: (() => Promise<unknown>)[] = [
      () => store.delete("k", at),
      () => store.deleteMany(["k"], at),
      () => store.take("k", at),
      async () => tools.swap((await tools.read())?.version, undefined),
      ...("destroyCollection" in store
        ? [() => (store as Test<"destroyCollection">["store"]).destroyCollection(at)]
        : []),
      ...("destroy" in store ? [() => (store as Test<"destroy">["store"]).destroy()] : []),
    ];
    const stale: (string | undefined)[] = [];
    await store.put("k", 1, at);
    for (const removal of removals) {
      stale.push((await tools.read())?.version);
      await removal();
      for (const version of stale) expect((await tools.swap(version, { value: "stale" })).ok).toBe(false);
      await store.put("k", 1, at);
      for (const version of stale) expect((await tools.swap(version, { value: "stale" })).ok).toBe(false);
    }
    expect(await store.get("k", at)).toBe(1);
  });

  test("a swap to an entry keeps its deadline, also over one that has expired", async (context) => {
    const { expect, store, at, short, untilExpired } = context;
    const tools = toolsOf(context);
    if (!tools) return;
    await store.put("k", 1, { ...at, ttl: short });
    await untilExpired();
    const next = { value: 2, createdAt: Date.now(), expiresAt: Date.now() + 600_000 };
    let result = await tools.swap(undefined, next);
    if (!result.ok) result = await tools.swap(result.current?.version, next);
    expect(result.ok).toBe(true);
    const found = await store.ttl("k", at);
    expect(found?.value).toBe(2);
    expect(found?.ttl).toBeGreaterThanOrEqual(500);
  });
}
