import type { Capability, Store } from "../../src/index.ts";

/** A store whose backend has a clock: callers whose own clocks are a minute off see and cause the same as any other. */
export async function clockOff(
  make: () => Store<Capability>,
  expect: (actual: unknown) => { toEqual(expected: unknown): unknown },
): Promise<void> {
  const real = Date.now;
  const collection = `clocks${real()}`;
  /** Does something at a clock that is off by so many seconds. */
  async function at<R>(seconds: number, work: (store: Store<Capability>) => Promise<R>): Promise<R> {
    Date.now = () => real() + seconds * 1000;
    try {
      return await work(make());
    } finally {
      Date.now = real;
    }
  }
  const near = (found: { ttl: number | null } | null, ttl: number) => Math.abs((found?.ttl ?? -1e6) - ttl) < 5;
  try {
    for (const [writer, reader] of [
      [60, -60],
      [-60, 60],
      [0, 3600],
    ] as const) {
      const k = `k${writer}`;
      await at(writer, (store) => store.put(k, 1, { collection, ttl: 30 }));
      expect(near(await at(reader, (store) => store.ttl(k, { collection })), 30)).toEqual(true);
      expect(await at(reader, (store) => store.putIfAbsent(k, 2, { collection, ttl: 30 }))).toEqual(false);
      expect(await at(reader, (store) => store.increment(k, 1, { collection, ttl: 300 }))).toEqual(2);
      expect(near(await at(writer, (store) => store.ttl(k, { collection })), 30)).toEqual(true);
      await at(reader, (store) => store.update<number>(k, (value) => (value ?? 0) + 1, { collection }));
      expect(near(await at(writer, (store) => store.ttl(k, { collection })), 30)).toEqual(true);
      expect(await at(writer, (store) => store.touch(k, 0.05, { collection }))).toEqual(true);
      await new Promise((resolve) => setTimeout(resolve, 80));
      expect(await at(reader, (store) => store.get(k, { collection }))).toEqual(null);
      expect(await at(reader, (store) => store.putIfAbsent(k, 3, { collection, ttl: 30 }))).toEqual(true);
      expect(await at(writer, (store) => store.take(k, { collection }))).toEqual(3);
    }
  } finally {
    Date.now = real;
  }
}
