import { describe, expect, it } from "#test";
import { intercept } from "../../src/combinators/index.ts";
import { createStore, memoryStore, type Store, toDriver } from "../../src/index.ts";
import { cacheThrough } from "../../src/wrappers/cache-through.ts";
import { compress } from "../../src/wrappers/compress.ts";
import { encrypt } from "../../src/wrappers/encrypt.ts";
import { fallback } from "../../src/wrappers/fallback.ts";
import { fernet } from "../../src/wrappers/fernet.ts";
import { limitSize } from "../../src/wrappers/limit-size.ts";
import { prefixCollections } from "../../src/wrappers/prefix-collections.ts";
import { prefixKeys } from "../../src/wrappers/prefix-keys.ts";
import { retry } from "../../src/wrappers/retry.ts";
import { route } from "../../src/wrappers/route.ts";
import { singleCollection } from "../../src/wrappers/single-collection.ts";
import { statistics } from "../../src/wrappers/statistics.ts";
import { timeout } from "../../src/wrappers/timeout.ts";
import { type ChaosOptions, chaos } from "../support/chaos.ts";
import { movedClock } from "../support/clock.ts";
import { fewer, holdsFor, jitteredStore, overlaps, record, seeds } from "../support/histories.ts";
import type { Event } from "../support/linearizability.ts";

const pass = movedClock();

type Atomic = Store<"swap">;

const memory = (seed: number): Atomic => jitteredStore(memoryStore(), seed);
const share = (history: readonly Event[], which: (event: Event) => boolean) =>
  history.filter(which).length / history.length;
const unknown = ({ outcome }: Event) => outcome === "unknown";

describe("operations of concurrent clients", () => {
  it("are linearizable in memory", async () => {
    const all = await holdsFor(seeds(fewer(150)), (seed) => record({ seed, stores: [memory(seed)], pass }));
    // What has been proved is worth something: nearly all met others. None gave up against them.
    expect(overlaps(all.slice(0, 120)) / 120).toBeGreaterThan(0.4);
    expect(share(all, unknown)).toBe(0);
    const lost = ({ outcome }: Event) => outcome !== "unknown" && "error" in outcome && outcome.error === "conflict";
    expect(share(all, lost)).toBe(0);
  });

  it("are linearizable in memory that keeps the order of use", async () => {
    const make = (seed: number) => jitteredStore(memoryStore({ maxEntries: 100 }), seed);
    await holdsFor(fewer(50), (seed) => record({ seed, stores: [make(seed)], pass, features: false }));
  });

  it("are linearizable over expired entries that still lie there", async () => {
    for (let seed = 1; seed <= fewer(30); seed++) {
      const store = memoryStore();
      await store.putMany(
        ["k0", "k1", "k2"].map((key) => [key, 7]),
        { ttl: 500 },
      );
      pass(1000);
      const stores = [jitteredStore(store, seed)];
      await holdsFor(1, (seed) => record({ seed, stores, pass }), seed);
    }
  });

  const faults: Record<string, ChaosOptions> = {
    "calls fail": { fail: 0.2 },
    "replies are lost": { lost: 0.2 },
    "calls fail, are late, and their replies are lost": { fail: 0.1, lost: 0.1, late: 0.05, delay: 1 },
  };
  for (const [what, shares] of Object.entries(faults)) {
    it(`are linearizable under retry where ${what}`, async () => {
      const all = await holdsFor(seeds(fewer(25)), (seed) => {
        const { driver } = chaos(toDriver(memory(seed)), { seed, ...shares });
        const store = retry(createStore(driver), { retries: 20, minDelay: 0 });
        return record({ seed, stores: [store], pass, again: true });
      });
      // A swap is not repeated when it may have happened; everything else is brought through.
      expect(share(all, unknown)).toBeGreaterThan(0.02);
      expect(share(all, (event) => unknown(event) && ["put", "get", "ttl", "delete"].includes(event.action.do))).toBe(
        0,
      );
    });
  }

  it("are linearizable where calls that have timed out happen later", async () => {
    const all = await holdsFor(fewer(20), (seed) => {
      const { driver } = chaos(toDriver(memory(seed)), { seed, late: 0.05, hang: 0.05, delay: 12 });
      const store = timeout(createStore(driver), { seconds: 0.003 });
      return record({ seed, stores: [store], pass, epochs: 1 });
    });
    expect(share(all, ({ end }) => end === Number.POSITIVE_INFINITY)).toBeGreaterThan(0.02);
  });

  const secret = new Uint8Array(32).fill(7);
  const keys = [{ id: "a", key: secret }];
  const stacks: Record<string, (store: Atomic, seed: number) => Atomic> = {
    "encrypt over compress over prefixKeys": (store) =>
      compress(encrypt(prefixKeys(store, "a"), { keys }), { minBytes: 0 }),
    "compress over fernet": (store) => compress(fernet(store, { keys: [secret] }), { minBytes: 0 }),
    "all that renames": (store) => prefixKeys(prefixCollections(singleCollection(store, "all"), "b"), "a:"),
    "route by key, over two stores": (store, seed) =>
      route({
        stores: { one: memory(seed + 1) },
        pick: (_, key) => (key === "k1" ? "one" : undefined),
        otherwise: store,
      }),
    "statistics over limitSize over timeout": (store) => statistics(limitSize(timeout(store), { maxBytes: 1000 })),
    "fallback, while the primary answers": (store) => fallback(store, { ...memoryStore() }),
    "cacheThrough over a cache": (store, seed) => cacheThrough(store, memory(seed + 1), { maxTtl: 60 }),
    "cacheThrough over a cache without swap": (store, seed) =>
      cacheThrough(store, { ...memory(seed + 1) }, { maxTtl: 60 }),
  };
  for (const [name, stack] of Object.entries(stacks)) {
    it(`are linearizable through ${name}`, async () => {
      await holdsFor(fewer(25), (seed) => record({ seed, stores: [stack(memory(seed), seed)], pass }));
    });
  }

  it("are linearizable through stacks of several isolates over one backend", async () => {
    const all = await holdsFor(fewer(25), (seed) => {
      const shared = memory(seed);
      const isolate = () => encrypt(prefixKeys(intercepted(shared), "a"), { keys });
      return record({ seed, stores: [isolate(), isolate(), isolate()], pass });
    });
    expect(overlaps(all.slice(0, 120)) / 120).toBeGreaterThan(0.4);
  });
});

/** A store of its own over the same driver. */
function intercepted(store: Atomic): Atomic {
  return createStore(intercept(toDriver(store), (_, proceed) => proceed()));
}
