import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "#test";
import { cached } from "../../src/cached.ts";
import { cachedMany } from "../../src/cached-many.ts";
import { cachedResponse } from "../../src/cached-response.ts";
import { createStore, memoryStore, toDriver } from "../../src/index.ts";
import { cacheThrough } from "../../src/wrappers/cache-through.ts";
import { deferred, sleep, withoutSwap } from "../support/caching.ts";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

/** Bytes in use, when all is gone that nobody needs: test files before this one may have left some in the same process. */
async function used(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let same = 0; same < 3; ) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    gc();
    const { heapUsed } = process.memoryUsage();
    same = heapUsed < least - 50_000 ? 0 : same + 1;
    least = Math.min(least, heapUsed);
  }
  return least;
}

describe("calls of a cached function that never settles", () => {
  it("take up no more memory beyond 10,000 of them", async () => {
    const get = cached(withoutSwap(), (_: number) => new Promise<string>(() => {}), { key: String, ttl: 60 });
    let calls = 0;
    const callUntil = async (count: number): Promise<number> => {
      while (calls < count) {
        void get.with({})(calls++);
        if (calls % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
      }
      return used();
    };
    const start = await used();
    const filled = await callUntil(10_500);
    const perCall = (filled - start) / 10_500;
    const more = (await callUntil(15_500)) - filled;
    // Most of what 5,000 calls hold would be here if none of them were forgotten.
    expect(more).toBeLessThan((perCall * 5000) / 2);
  });
});

// On workerd so many chunks take seconds.
describe("cachedResponse", () => {
  it("keeps a body that comes in very many small chunks", async () => {
    let sent = 0;
    const handler = () => {
      const body = new ReadableStream({
        pull(controller) {
          for (let i = 0; i < 10_000; i++) controller.enqueue(new Uint8Array([65]));
          sent += 10_000;
          if (sent === 130_000) controller.close();
        },
      });
      return new Response(body);
    };
    const fetch = cachedResponse(handler, { store: memoryStore(), ttl: 60 });
    expect((await (await fetch(new Request("https://example.com/"))).text()).length).toBe(130_000);
    expect((await fetch(new Request("https://example.com/"))).headers.get("cache-status")).toContain("hit");
  });
});

describe("a thousand calls at the same time", () => {
  /** Counts what is deleted from sets while something runs. */
  async function deletions(run: () => Promise<unknown>): Promise<number> {
    const original = Set.prototype.delete;
    let count = 0;
    Set.prototype.delete = function (value) {
      count++;
      return original.call(this, value);
    };
    try {
      await run();
    } finally {
      Set.prototype.delete = original;
    }
    return count;
  }
  const numbers = Array.from({ length: 1000 }, (_, i) => i);

  it("of cachedMany do not each look at all the others", async () => {
    const get = cachedMany(memoryStore(), async (ids: readonly number[]) => ids, { key: String, ttl: 60 });
    expect(await deletions(() => Promise.all(numbers.map((id) => get([id]))))).toBeLessThan(50_000);
  });

  it("of a cache without swap do not each look at all the others", async () => {
    const { promise, resolve } = deferred<void>();
    const driver = toDriver(memoryStore());
    let waiting = 0;
    const read: typeof driver.read = async (...args) => {
      waiting++;
      await promise;
      return driver.read(...args);
    };
    const store = cacheThrough(createStore({ ...driver, read }), withoutSwap(), { maxTtl: 60 });
    const calls = async () => {
      const reads = numbers.map((i) => store.get(`${i}`));
      while (waiting < numbers.length) await sleep(1);
      await Promise.all(numbers.map((i) => store.put(`${i}`, i)));
      resolve();
      await Promise.all(reads);
    };
    expect(await deletions(calls)).toBeLessThan(50_000);
  });
});
