import { rejection, type Suite } from "./suite.ts";

/** update reads, changes and swaps, and starts again when another writer comes first. */
export function update({ having }: Suite): void {
  const test = having("swap");

  test("update puts what the function makes of the value, and answers with it", async ({ store, at, expect }) => {
    expect(await store.update<number>("k", (old) => (old ?? 10) + 1, at)).toBe(11);
    expect(await store.update<number>("k", async (old) => (old ?? 10) + 1, at)).toBe(12);
    expect(await store.get("k", at)).toBe(12);
  });

  test("update deletes when the function returns null", async ({ store, at, expect }) => {
    await store.put("k", 1, at);
    expect(await store.update("k", () => null, at)).toBe(null);
    expect(await store.get("k", at)).toBe(null);
    expect(await store.update("k", () => null, at)).toBe(null);
  });

  test("update leaves everything as it is when the function returns undefined", async ({ store, at, expect }) => {
    expect(await store.update("k", () => undefined, at)).toBe(null);
    expect(await store.get("k", at)).toBe(null);
    await store.put("k", 1, { ...at, ttl: 600 });
    expect(await store.update("k", () => undefined, { ...at, ttl: 6000 })).toBe(1);
    expect((await store.ttl("k", at))?.ttl).toBeLessThanOrEqual(601);
  });

  test("update keeps the TTL unless it is given one", async ({ store, at, expect }) => {
    await store.put("k", 1, { ...at, ttl: 600 });
    await store.update("k", () => 2, at);
    const kept = await store.ttl("k", at);
    expect(kept?.value).toBe(2);
    expect(kept?.ttl).toBeGreaterThanOrEqual(500);
    expect(kept?.ttl).toBeLessThanOrEqual(601);
    await store.update("k", () => 3, { ...at, ttl: 6000 });
    expect((await store.ttl("k", at))?.ttl).toBeGreaterThanOrEqual(5000);
  });

  test("update starts again with the new value when another writer comes first", async ({ store, at, expect }) => {
    await store.put("k", 1, at);
    const seen: unknown[] = [];
    const result = await store.update<number>(
      "k",
      async (old) => {
        seen.push(old);
        if (seen.length === 1) await store.put("k", 10, at);
        if (seen.length === 2) await store.delete("k", at);
        return (old ?? 100) + 1;
      },
      at,
    );
    expect(seen).toEqual([1, 10, null]);
    expect(result).toBe(101);
    expect(await store.get("k", at)).toBe(101);
  });

  test("a writer who puts the same value again comes first as well", async ({ store, at, expect }) => {
    await store.put("k", 1, at);
    let calls = 0;
    await store.update(
      "k",
      async () => {
        if (++calls === 1) await store.put("k", 1, at);
        return 2;
      },
      at,
    );
    expect(calls).toBe(2);
  });

  test("update that keeps losing ends with its signal", async ({ store, at, collection, expect }) => {
    const controller = new AbortController();
    await store.put("k", 0, at);
    let calls = 0;
    const change = async () => {
      await store.put("k", ++calls, at);
      if (calls === 3) controller.abort("enough");
      return "mine";
    };
    const error = await rejection(() => store.update("k", change, { ...at, signal: controller.signal }));
    expect([error.code, error.collection, error.key, error.cause]).toEqual(["aborted", collection, "k", "enough"]);
    expect([calls, await store.get("k", at)]).toEqual([3, 3]);
  });

  test("an entry that expires while update changes it is absent, and stays so", async (context) => {
    const { store, at, expect, short, wait, untilExpired } = context;
    let seen: unknown[] = [];
    let result: number | null = null;
    // On a slow machine the entry may expire before it is read: then it is put again.
    for (let tries = 0; seen[0] !== 1 && tries < 20; tries++) {
      seen = [];
      await store.put("k", 1, { ...at, ttl: short + 0.3 });
      result = await store.update<number>(
        "k",
        async (old) => {
          seen.push(old);
          if (old === null) return undefined;
          await wait(0.3);
          await untilExpired();
          return old + 1;
        },
        { ...at, ttl: 600 },
      );
    }
    expect([seen, result, await store.get("k", at)]).toEqual([[1, null], null, null]);
  });

  test("what the function of update throws comes through, and nothing is changed", async ({ store, at, expect }) => {
    await store.put("k", 1, at);
    const failure = new Error("the caller's own");
    const error = await rejection(() =>
      store.update(
        "k",
        () => {
          throw failure;
        },
        at,
      ),
    );
    expect(error === failure).toBe(true);
    expect(await store.get("k", at)).toBe(1);
  });
}
