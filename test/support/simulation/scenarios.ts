import { type AsyncKeyValue, memoryStore } from "../../../src/index.ts";
import { cacheThrough } from "../../../src/wrappers/cache-through.ts";
import { CALL, kvBackend, strongBackend } from "./backends.ts";
import { deadlines } from "./deadlines.ts";
import { reads } from "./reads.ts";
import { tagged, untold } from "./results.ts";
import type { Scenario } from "./scenario.ts";
import { extending, reading, session } from "./sessions.ts";
import type { World } from "./world.ts";

/** For how long a copy is served. */
const MAX_TTL = 5;

/** What Workers KV is behind at most: its minute, and the call that brings a value into a place. */
const KV = 60_000 + CALL;

const memory = (): AsyncKeyValue => memoryStore({ maxEntries: 1000 });
const throughMemory = (primary: AsyncKeyValue): AsyncKeyValue =>
  cacheThrough(primary, memory(), { maxTtl: MAX_TTL, negativeTtl: MAX_TTL });

/** A cache on a backend of its own that all isolates share. */
function throughShared(world: World, cacheOf: (backend: ReturnType<typeof strongBackend>) => AsyncKeyValue) {
  const [primary, cache] = [strongBackend(world), strongBackend(world)];
  return () => cacheThrough(primary.store(), cacheOf(cache), { maxTtl: MAX_TTL, negativeTtl: MAX_TTL });
}

const often = { writes: 12, pause: 12_000, look: 500 };
const rarely = { writes: 4, pause: 120_000, look: 2000 };

const busy = { changes: 12, pause: 12_000, look: 500 };
const calm = { changes: 3, pause: 120_000, look: 2000 };

/** All that the documentation says about how late readers are, and that a simulation can show. */
export const SCENARIOS: readonly Scenario[] = [
  reads("a strong store", "at once", 0, (world) => strongBackend(world).store, often),
  reads("Workers KV", "about a minute", KV, (world) => kvBackend(world).store, rarely),
  reads(
    "Workers KV with `cacheTtl: 30`",
    "30 s",
    30_000 + CALL,
    (world) => {
      const { store } = kvBackend(world);
      return () => store(30);
    },
    rarely,
  ),
  reads(
    "`cacheThrough`, a memory in each isolate, over a strong store",
    "`maxTtl`, 5 s",
    MAX_TTL * 1000,
    (world) => {
      const { store } = strongBackend(world);
      return () => throughMemory(store());
    },
    often,
  ),
  reads(
    "the same over Workers KV",
    "`maxTtl` and the minute",
    MAX_TTL * 1000 + KV,
    (world) => {
      const { store } = kvBackend(world);
      return () => throughMemory(store());
    },
    rarely,
  ),
  reads(
    "`cacheThrough`, one cache with `swap`, over a strong store",
    "at once",
    0,
    (world) => throughShared(world, ({ store }) => store()),
    often,
  ),
  reads(
    "`cacheThrough`, one cache without `swap`, over a strong store",
    "`maxTtl`, 5 s",
    MAX_TTL * 1000,
    (world) => throughShared(world, ({ storeWithoutSwap }) => storeWithoutSwap()),
    often,
  ),
  untold("`cached`, `ttl: 10`, `staleWhileRevalidate: 20`", "30 s after the run", 0),
  untold("the same, clocks up to 10 s off", "the same, and the difference of two clocks", 10_000),
  tagged("`cached` with a tag, after `invalidateTags`, on a strong store", "at once", 0, strongBackend, busy),
  tagged("the same on Workers KV", "a minute", KV, kvBackend, calm),
  tagged(
    "the same on Workers KV, stamps in a strong `tagStore`",
    "at once",
    0,
    (world) => ({ store: kvBackend(world).store, tagStore: strongBackend(world).store }),
    calm,
  ),
  tagged(
    "the same, a memory in each isolate, over a strong store",
    "`maxTtl`, 5 s",
    MAX_TTL * 1000,
    (world) => {
      const { store } = strongBackend(world);
      return { store: () => throughMemory(store()) };
    },
    busy,
  ),
  tagged(
    "the same, a memory in each isolate, over Workers KV",
    "`maxTtl` and the minute",
    MAX_TTL * 1000 + KV,
    (world) => {
      const { store } = kvBackend(world);
      return { store: () => throughMemory(store()) };
    },
    calm,
  ),
  session("a session that was ended, on a strong store", "at once", 0, strongBackend, extending),
  session("the same on Workers KV, if no visit writes it", "a minute or more", KV, kvBackend, reading),
  session(
    "the same on Workers KV, if visits extend it",
    "it may come back",
    Number.POSITIVE_INFINITY,
    kvBackend,
    extending,
  ),
  deadlines(
    "deadlines on a store without a clock, clocks up to a minute off",
    "the difference of two clocks",
    60_000,
    (world) => strongBackend(world).store,
  ),
  deadlines("the same on Workers KV", "the difference of two clocks", 60_000, (world) => kvBackend(world).store),
];
