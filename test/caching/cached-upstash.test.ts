import { expect, it } from "#test";
import { upstashStore } from "../../src/adapters/upstash.ts";
import { cached } from "../../src/cached.ts";
import { at, sleep } from "../support/caching.ts";
import { describeWithRedis, openDatabase } from "../support/upstash.ts";

describeWithRedis("cached over Redis at Upstash", () => {
  it("lets a stampede of 1,000 misses run the function once, from 50 objects with clients of their own", async () => {
    const database = await openDatabase();
    let calls = 0;
    const slow = async () => {
      await sleep(100);
      return { call: ++calls };
    };
    const gets = Array.from({ length: 50 }, () => {
      return cached(upstashStore(database.client()), slow, { key: () => "k", ttl: 60 }).with({});
    });
    const answers = await Promise.all(Array.from({ length: 1000 }, (_, i) => gets[i % 50]!()));
    expect([calls, answers.every(({ call }) => call === 1)]).toEqual([1, true]);
    expect((await gets[0]!.peek())?.value).toEqual({ call: 1 });
  });

  it("takes one request for a fresh result and three for a new one", async () => {
    const database = await openDatabase();
    const get = cached(upstashStore(database.client()), async () => 1, { key: () => "k", ttl: 60 });
    await get();
    expect((await database.requests()).length).toBe(3);
    await get();
    expect((await database.requests()).length).toBe(1);
  });

  it("does not wedge, nor lose its answer, when the reply to a lease or to a result is lost", async () => {
    for (const faults of [
      [null, "lost"],
      [null, null, "lost"],
      [null, "lost", "lost"],
    ] as const) {
      const database = await openDatabase();
      let calls = 0;
      const get = cached(upstashStore(database.client()), async () => ++calls, { key: () => "k", ttl: 60 });
      await database.faults([...faults]);
      expect([await get(), await get(), calls]).toEqual([1, 1, 1]);
    }
  });

  it("recovers from a crash of the holder", async () => {
    const database = await openDatabase();
    const store = upstashStore(database.client());
    const options = { key: () => "k", ttl: 60, lock: { ttl: 5 } };
    void cached(store, () => new Promise<number>(() => {}), options).with({})();
    await sleep(50);
    await at(5_100, async () => expect(await cached(store, async () => 2, options)()).toBe(2));
  });
});
