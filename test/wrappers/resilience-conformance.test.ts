import { describe, expect, it } from "#test";
import { transform, wrap } from "../../src/combinators/index.ts";
import { conformance } from "../../src/conformance/index.ts";
import { type AsyncKeyValue, createStore, type Entry, memoryStore, toDriver } from "../../src/index.ts";
import { cacheThrough } from "../../src/wrappers/cache-through.ts";
import { clampTtl } from "../../src/wrappers/clamp-ttl.ts";
import { defaultValue } from "../../src/wrappers/default-value.ts";
import { fallback } from "../../src/wrappers/fallback.ts";
import { limitSize } from "../../src/wrappers/limit-size.ts";
import { readOnly } from "../../src/wrappers/read-only.ts";
import { retry } from "../../src/wrappers/retry.ts";
import { route } from "../../src/wrappers/route.ts";
import { seed } from "../../src/wrappers/seed.ts";
import { timeout } from "../../src/wrappers/timeout.ts";
import { movedClock } from "../support/clock.ts";
import { withVariants } from "../support/combinations.ts";

const wait = movedClock();

const everything = ["listKeys", "listCollections", "destroyCollection", "destroy", "cull", "swap"] as const;
const usual = { ordered: true, capabilities: everything, wait };

function holds(name: string, factory: () => AsyncKeyValue, options = {}): void {
  conformance({ describe, it, expect }, name, factory, { ...usual, ...options });
}

/** The same entries, known only by the eight methods: no versions, no creation times, eventually consistent. */
const foreign = (): AsyncKeyValue => ({ ...memoryStore() });
/** By the last character, so that keys of a bulk and of a listing lie in different stores. */
const byKey = (_: string, key: string) => (key.length % 2 ? "odd" : undefined);

const DEFAULT = "the default, which no test of the suite puts";
function withoutDefault(store: AsyncKeyValue): AsyncKeyValue {
  const decode = (entry: Entry) => (entry.value === DEFAULT ? undefined : entry);
  return wrap(store, (driver) => transform(driver, { encode: (entry) => entry, decode }));
}

/** Reads and lists through `readOnly`, and writes past it, since the suite has to write. */
function besideReadOnly(base = memoryStore()): AsyncKeyValue {
  const { write, remove, swap, destroyCollection, destroy, cull } = toDriver(base);
  return createStore({ ...toDriver(readOnly(base)), write, remove, swap, destroyCollection, destroy, cull });
}

holds("retry", () => retry(memoryStore()));
holds("timeout", () => timeout(memoryStore()));
holds("fallback", () => fallback(memoryStore(), memoryStore()));
holds("cacheThrough", () => cacheThrough(memoryStore(), memoryStore(), { maxTtl: 60 }));
holds("route by key", () => route({ stores: { odd: memoryStore() }, pick: byKey, otherwise: memoryStore() }), {
  ordered: false,
});
holds("limitSize", () => limitSize(memoryStore(), { minBytes: 1, maxBytes: 1_000_000 }));
holds("clampTtl", () => clampTtl(memoryStore(), { min: 0.001, max: 2.3e11 }));
holds("seed", () => seed(memoryStore(), { seeds: { a: 1 } }));
holds("defaultValue, where its default counts as missing", () => withoutDefault(defaultValue(memoryStore(), DEFAULT)), {
  capabilities: everything.slice(0, -1),
});
holds("readOnly, where writes go past it", () => besideReadOnly());

if (withVariants) {
  holds("fallback, writes too", () => fallback(memoryStore(), foreign(), { writes: true }));
  holds("cacheThrough over a cache without swap", () => cacheThrough(memoryStore(), foreign(), { maxTtl: 60 }), {
    capabilities: ["listKeys", "listCollections", "cull", "swap"],
  });
  holds("route by collection", () => route({ users: memoryStore() }, memoryStore()));
  holds("a stack of seven", () =>
    retry(
      timeout(
        clampTtl(
          limitSize(
            cacheThrough(route({ a: memoryStore() }, fallback(memoryStore(), foreign())), memoryStore(), { maxTtl: 9 }),
            { maxBytes: 1e6 },
          ),
          { max: 2.3e11 },
        ),
      ),
    ),
  );
}
