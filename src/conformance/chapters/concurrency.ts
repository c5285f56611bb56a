import type { Suite } from "./suite.ts";

const times = <T>(count: number, start: (i: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, i) => start(i)));

/** Many callers at once, on one store object. */
export function concurrency({ test, having }: Suite): void {
  test("100 writers at once lose nothing", async ({ store, at, expect }) => {
    await times(100, (i) => store.put(`k${i}`, { i }, at));
    expect(await times(100, (i) => store.get(`k${i}`, at))).toEqual(Array.from({ length: 100 }, (_, i) => ({ i })));
    await times(100, (i) =>
      store.putMany(
        [
          [`k${i}`, -i],
          [`l${i}`, i],
        ],
        at,
      ),
    );
    const found = await store.getMany(Array.from({ length: 100 }, (_, i) => [`k${i}`, `l${i}`]).flat(), at);
    expect(found).toEqual(Array.from({ length: 100 }, (_, i) => [-i + 0, i]).flat());
    expect((await times(100, (i) => store.delete(`k${i}`, at))).every((answer) => answer)).toBe(true);
  });

  test("100 writers of one key leave one whole value of theirs", async ({ store, at, expect }) => {
    await times(100, (i) => store.put("k", { i, text: `${i}`.repeat(50) }, { ...at, ttl: 100 + i }));
    const found = await store.ttl<{ i: number; text: string }>("k", at);
    const i = found?.value.i as number;
    expect(found?.value).toEqual({ i, text: `${i}`.repeat(50) });
    expect(found?.ttl).toBeLessThanOrEqual(101 + i);
    expect(await store.get("k", at)).toEqual(found?.value);
  });

  test("reads, writes and deletes at once give whole values or none", async ({ store, at, expect }) => {
    const answers = await times(120, async (i) => {
      const n = (i >> 2) % 3;
      const key = `k${n}`;
      if (i % 4 === 0) await store.put(key, ["whole", n], at);
      else if (i % 4 === 3) await store.delete(key, at);
      else return { n, value: i % 4 === 1 ? await store.get(key, at) : (await store.getMany([key], at))[0] };
    });
    for (const answer of answers)
      if (answer && answer.value !== null) expect(answer.value).toEqual(["whole", answer.n]);
  });

  const atomic = having("swap");

  atomic("50 increments at once are all counted", async ({ store, at, expect }) => {
    const sums = await times(50, () => store.increment("k", 1, at));
    expect(sums.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
    expect(await store.get("k", at)).toBe(50);
  });

  atomic("50 updates at once all find their way in", async ({ store, at, expect }) => {
    await times(50, (i) => store.update<number[]>("k", (old) => [...(old ?? []), i], at));
    const found = (await store.get<number[]>("k", at)) ?? [];
    expect(found.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  atomic("exactly one of 50 takers gets the value", async ({ store, at, expect }) => {
    await store.put("k", { token: "t" }, at);
    const taken = await times(50, () => store.take("k", at));
    expect(taken.filter((value) => value !== null)).toEqual([{ token: "t" }]);
    expect(await store.get("k", at)).toBe(null);
  });

  atomic("exactly one of 50 putIfAbsent writes", async ({ store, at, expect }) => {
    const written = await times(50, (i) => store.putIfAbsent("k", i, at));
    expect(written.filter((won) => won).length).toBe(1);
    expect(await store.get("k", at)).toBe(written.indexOf(true));
  });

  atomic(
    "exactly one of 50 putIfAbsent writes over an expired entry",
    async ({ store, at, expect, short, untilExpired }) => {
      await store.put("k", "old", { ...at, ttl: short });
      await untilExpired();
      const written = await times(50, (i) => store.putIfAbsent("k", i, at));
      expect(written.filter((won) => won).length).toBe(1);
      expect(await store.get("k", at)).toBe(written.indexOf(true));
    },
  );

  atomic("counters under different keys and collections do not meet", async ({ store, collection, expect }) => {
    const places = Array.from(
      { length: 8 },
      (_, i) => [`k${i % 4}`, { collection: `${collection}${i % 2}${i >> 2}` }] as const,
    );
    await Promise.all(places.flatMap(([key, at]) => [1, 2, 3].map((by) => store.increment(key, by, at))));
    expect(await Promise.all(places.map(([key, at]) => store.get(key, at)))).toEqual(places.map(() => 6));
  });

  atomic("a value that increments and takers fight over is counted once", async ({ store, at, expect }) => {
    const taken = await times(60, async (i) => {
      if (i % 3 === 0) return (await store.take<number>("k", at)) ?? 0;
      await store.increment("k", 1, at);
      return 0;
    });
    const left = (await store.get<number>("k", at)) ?? 0;
    expect(taken.reduce((sum, value) => sum + value, left)).toBe(40);
  });
}
