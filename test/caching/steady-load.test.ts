import { describe, expect, it } from "#test";
import { type CachedOptions, cached } from "../../src/cached.ts";
import { cachedMany } from "../../src/cached-many.ts";
import { cachedResponse } from "../../src/cached-response.ts";
import {
  type AnyDriver,
  type AsyncKeyValue,
  createStore,
  KeyValueError,
  memoryStore,
  toDriver,
} from "../../src/index.ts";
import { sleep } from "../support/caching.ts";
import { inVirtualTime } from "../support/virtual-time.ts";

/** Milliseconds that the function takes, that each call to the store takes, and between two visitors. */
const [WORK, LATENCY, GAP] = [100, 5, 13];
/** Milliseconds for which visitors come. */
const DURATION = 2600;
/** Seconds. */
const TTL = 1;

const slow =
  (method: unknown) =>
  async (...args: unknown[]) => {
    await sleep(LATENCY);
    return (method as (...args: unknown[]) => unknown)(...args);
  };

/** A store in memory whose calls take a while, as in a network; what it cannot do is left out. */
function remoteStore(options: { swap: boolean; refusesFastWrites?: boolean }): AsyncKeyValue {
  const { read, write, remove, swap } = toDriver(memoryStore());
  const last = new Map<string, number>();
  const driver: AnyDriver = {
    name: "remote",
    consistency: "strong",
    read: slow(read) as typeof read,
    async write(collection, items) {
      await sleep(LATENCY);
      const [[key]] = items as [[string, unknown]];
      const now = Date.now();
      // Workers KV takes one write a second for each key.
      if (options.refusesFastWrites && now - (last.get(key) ?? 0) < 1000)
        throw new KeyValueError("rate_limited", "429");
      last.set(key, now);
      return write(collection, items);
    },
    remove: slow(remove) as typeof remove,
    ...(options.swap && { swap: slow(swap) as typeof swap }),
  };
  return createStore(driver);
}

const brokenStore = (): AsyncKeyValue => {
  const { read } = toDriver(memoryStore());
  const fail = async (): Promise<never> => {
    await sleep(LATENCY);
    throw new KeyValueError("unavailable", "down");
  };
  return createStore({ name: "broken", consistency: "strong", read, write: fail, remove: fail } satisfies AnyDriver);
};

const stores: [string, () => AsyncKeyValue][] = [
  ["with swap", () => remoteStore({ swap: true })],
  ["without swap", () => remoteStore({ swap: false })],
  ["without swap that takes one write a second", () => remoteStore({ swap: false, refusesFastWrites: true })],
  ["that takes no writes", brokenStore],
];

/** Lets visitors come without a pause, each with a scope of its own. Returns the longest wait in milliseconds. */
async function visit(isolates: ((scope: object) => Promise<unknown>)[], duration = DURATION): Promise<number> {
  let longest = 0;
  const visits: Promise<unknown>[] = [];
  for (let at = 0, i = 0; at < duration; at += GAP, i++) {
    const start = Date.now();
    const visitor = isolates[i % isolates.length]!({}).finally(() => {
      longest = Math.max(longest, Date.now() - start);
    });
    visits.push(visitor.catch(() => {}));
    await sleep(GAP);
  }
  await Promise.all(visits);
  return longest;
}

const calls = { key: () => "k", ttl: TTL };

for (const [kind, storeOf] of stores) {
  describe(`visitors who never pause, over a store ${kind}`, () => {
    /** Runs `count` isolates; returns how often the function ran, and the longest wait. */
    function load(
      count: number,
      options: Partial<CachedOptions<[], number>> = {},
      fails = false,
    ): Promise<[number, number]> {
      return inVirtualTime(async () => {
        const store = storeOf();
        let runs = 0;
        const fn = async () => {
          runs++;
          await sleep(WORK);
          if (fails) throw new Error("down");
          return runs;
        };
        const isolates = Array.from({ length: count }, () => {
          const get = cached(store, fn, { ...calls, ...options });
          return (scope: object) => get.with(scope)();
        });
        const longest = await visit(isolates);
        return [runs, longest];
      });
    }

    it("run a cached function about once for each TTL and isolate, and wait for one run", async () => {
      for (const isolates of [1, 4]) {
        const [runs, longest] = await load(isolates);
        const rounds = Math.ceil(DURATION / (TTL * 1000));
        expect(runs).toBeGreaterThanOrEqual(1);
        expect(runs).toBeLessThanOrEqual((rounds + 1) * isolates);
        expect(longest).toBeLessThanOrEqual(2 * WORK + 12 * LATENCY + 300);
      }
    });

    it("have the old result at once while a new one is made", async () => {
      const [runs] = await load(2, { staleWhileRevalidate: 60 });
      expect(runs).toBeLessThanOrEqual(2 * (DURATION / (TTL * 1000) + 2));
    });

    it("do not queue for results that are not kept", async () => {
      for (const options of [{ ttl: () => 0 }, { validate: () => false }]) {
        const [runs, longest] = await load(2, options);
        // No more than one run after another in each isolate, and at most one run of somebody else before the own one.
        expect(runs).toBeLessThanOrEqual(DURATION / GAP + 2);
        expect(longest).toBeLessThanOrEqual(3 * WORK + 12 * LATENCY + 300);
      }
    });

    it("do not queue for a function that fails: a failure is the answer of all who waited for that run", async () => {
      const [runs, longest] = await load(5, {}, true);
      expect(runs).toBeLessThanOrEqual(5 * (DURATION / WORK + 2));
      expect(longest).toBeLessThanOrEqual(2 * WORK + 12 * LATENCY + 300);
    });

    it("ask for many ids about once for each TTL and isolate, with tags or failures too", async () => {
      for (const { fails = false, tags = [] } of [{}, { fails: true }, { tags: ["t"] }]) {
        await inVirtualTime(async () => {
          const store = storeOf();
          let runs = 0;
          const fn = async (ids: readonly number[]) => {
            runs++;
            await sleep(WORK);
            if (fails) throw new Error("down");
            return ids;
          };
          const get = cachedMany(store, fn, { key: String, ttl: TTL, tags });
          const longest = await visit([(scope) => get.with(scope)([1, 2, 3])], 1200);
          expect(runs).toBeLessThanOrEqual(fails ? 1200 / WORK + 2 : 1200 / (TTL * 1000) + 2);
          expect(longest).toBeLessThanOrEqual(2 * WORK + 12 * LATENCY + 300);
        });
      }
    });

    it("run a cached handler about once for each TTL and isolate, also when all of them reload", async () => {
      for (const headers of [{}, { "cache-control": "max-age=0" }, { "cache-control": "no-cache" }]) {
        await inVirtualTime(async () => {
          const store = storeOf();
          let runs = 0;
          const handler = async () => {
            runs++;
            await sleep(WORK);
            return new Response("page", { headers: { "cache-control": `max-age=${TTL}` } });
          };
          const isolates = Array.from({ length: 2 }, () => {
            const fetch = cachedResponse(handler, { store });
            return async (scope: object) =>
              (await fetch.with(scope)(new Request("https://example.com/", { headers }))).text();
          });
          const longest = await visit(isolates, 1500);
          const reloads = "cache-control" in headers;
          expect(runs).toBeLessThanOrEqual(2 * (reloads ? 1500 / WORK + 2 : 1500 / (TTL * 1000) + 2));
          expect(longest).toBeLessThanOrEqual(3 * WORK + 12 * LATENCY + 300);
        });
      }
    });
  });
}
