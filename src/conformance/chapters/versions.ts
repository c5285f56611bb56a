import type { SwapResult } from "../../core/driver.ts";
import type { Entry } from "../../core/entry.ts";
import type { Suite, Test } from "./suite.ts";

/** The driver's swap, on which the atomic operations are built. Skips a store whose driver is unknown. */
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
    await store.increment("k", 0, at);
    await note();
    await store.touch("k", 600, at);
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
    expect((await tools.swap(undefined, next)).ok).toBe(true);
    const found = await store.ttl("k", at);
    expect(found?.value).toBe(2);
    expect(found?.ttl).toBeGreaterThanOrEqual(500);
  });

  test("a swap returns the new version, and never an expired entry", async (context) => {
    const { expect, store, at, short, untilExpired } = context;
    const tools = toolsOf(context);
    if (!tools) return;
    const created = await tools.swap(undefined, { value: 1 });
    expect(created.ok && created.version).toBe((await tools.read())?.version);
    const changed = await tools.swap(created.ok ? created.version : "", { value: 2 });
    expect(changed.ok && changed.version).toBe((await tools.read())?.version);
    // On a slow machine the entry may expire before it is read: then it is put again.
    let version: string | undefined;
    for (let tries = 0; version === undefined && tries < 100; tries++) {
      await store.put("k", 3, { ...at, ttl: short });
      version = (await tools.read())?.version;
    }
    expect(typeof version).toBe("string");
    await untilExpired();
    expect(await tools.swap(version, { value: 4 })).toEqual({ ok: false, current: undefined });
    expect(await tools.swap(version, undefined)).toEqual({ ok: false, current: undefined });
    expect(await store.get("k", at)).toBe(null);
  });

  test("a value can be written and deleted by the version that was read", async ({ store, at, expect }) => {
    expect(await store.getWithVersion("k", at)).toBe(null);
    expect(await store.putIfVersion("k", 1, "no such version", at)).toBe(null);
    const first = await store.putIfVersion("k", { n: 1 }, null, { ...at, ttl: 600 });
    expect(await store.putIfVersion("k", 9, null, at)).toBe(null);
    const found = await store.getWithVersion("k", at);
    expect([found?.value, found?.version]).toEqual([{ n: 1 }, first]);
    expect(found?.ttl).toBeGreaterThanOrEqual(500);
    const second = await store.putIfVersion("k", { n: 2 }, first, at);
    expect(await store.ttl("k", at)).toEqual({ value: { n: 2 }, ttl: null });
    expect(await store.putIfVersion("k", 9, first, at)).toBe(null);
    expect(await store.deleteIfVersion("k", first ?? "", at)).toBe(false);
    expect(await store.get("k", at)).toEqual({ n: 2 });
    expect(await store.deleteIfVersion("k", second ?? "", at)).toBe(true);
    expect(await store.deleteIfVersion("k", second ?? "", at)).toBe(false);
    expect(await store.putIfVersion("k", 9, second, at)).toBe(null);
    expect(await store.get("k", at)).toBe(null);
  });

  test("the version of an entry that has expired fits no more", async ({ store, at, expect, short, untilExpired }) => {
    await store.put("k", 1, { ...at, ttl: short + 0.3 });
    const version = (await store.getWithVersion("k", at))?.version ?? "";
    await new Promise((resolve) => setTimeout(resolve, 0));
    await store.put("k", 1, { ...at, ttl: short });
    await untilExpired();
    expect(await store.getWithVersion("k", at)).toBe(null);
    expect(await store.putIfVersion("k", 2, version, at)).toBe(null);
    expect(await store.deleteIfVersion("k", version, at)).toBe(false);
    expect(typeof (await store.putIfVersion("k", 3, null, at))).toBe("string");
    expect(await store.get("k", at)).toBe(3);
  });

  test("a version can be an HTTP entity tag", async ({ store, at, expect }) => {
    const version = await store.putIfVersion("k", 1, null, at);
    expect(/^[\x21\x23-\x7E]+$/.test(version ?? "")).toBe(true);
  });

  test("exactly one of 50 writers who have read the same version writes", async ({ store, at, expect }) => {
    await store.put("k", 0, at);
    const version = (await store.getWithVersion("k", at))?.version ?? null;
    const writers = Array.from({ length: 50 }, (_, i) => store.putIfVersion("k", i + 1, version, at));
    const written = (await Promise.all(writers)).map((one) => one !== null);
    expect(written.filter(Boolean).length).toBe(1);
    expect(await store.get("k", at)).toBe(written.indexOf(true) + 1);
  });
}
