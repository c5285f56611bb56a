import { type AsyncKeyValue, memoryStore } from "../../../src/index.ts";
import { cacheThrough } from "../../../src/wrappers/cache-through.ts";
import { CALL, kvBackend, strongBackend } from "./backends.ts";
import { deadlines } from "./deadlines.ts";
import { reads } from "./reads.ts";
import { responses } from "./responses.ts";
import { hardBesideSoft, RUN, soft, tagged, untold } from "./results.ts";
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

/** What it takes at most to make a result again: to read, to take the lease, to run and to write, once that is all over. */
const REMAKE = 2 * (3 * CALL + RUN);

const busy = { changes: 12, pause: 12_000, look: 500 };
const calm = { changes: 3, pause: 120_000, look: 2000 };

// A request costs the simulation much more than a call.
const visited = { changes: 6, pause: 12_000, look: 1500 };
const seldomVisited = { changes: 3, pause: 90_000, look: 6000 };

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
  tagged(
    "`cached` with a tag, after `invalidateTags`, on a strong store, clocks up to a minute off",
    "at once",
    0,
    strongBackend,
    busy,
    { off: 60_000 },
  ),
  tagged("the same, and a soft invalidation at the same time", "at once", 0, strongBackend, busy, {
    tell: hardBesideSoft,
  }),
  tagged("the same on Workers KV", "it may only become a soft one", 2 * KV + calm.look + REMAKE, kvBackend, calm, {
    tell: hardBesideSoft,
  }),
  tagged(
    "`cached` with a tag, after a soft invalidation, on a strong store, clocks up to a minute off",
    "until one caller has made the next",
    busy.look + REMAKE,
    strongBackend,
    busy,
    { tell: soft, off: 60_000 },
  ),
  tagged(
    "the same on Workers KV",
    "the same, a minute for the stamp, and one for the result",
    2 * KV + calm.look + REMAKE,
    kvBackend,
    calm,
    { tell: soft, off: 60_000 },
  ),
  responses(
    "`cachedResponse` with `Vary`, `max-age=10, stale-while-revalidate=20`, on a strong store",
    "30 s after the run",
    30_000 + RUN,
    strongBackend,
    visited,
  ),
  responses(
    "the same on Workers KV, clocks up to 10 s off",
    "the same, and the difference of two clocks",
    30_000 + RUN + 20_000,
    kvBackend,
    seldomVisited,
    { off: 10_000 },
  ),
  responses(
    "`cachedResponse` with `Vary` and a tag, after `invalidateTags`, on a strong store, clocks up to 5 s off",
    "at once",
    0,
    strongBackend,
    visited,
    { isTold: true, off: 5000 },
  ),
  responses("the same on Workers KV", "a minute", KV, kvBackend, seldomVisited, { isTold: true, off: 5000 }),
  responses(
    "the same on Workers KV, stamps in a strong `tagStore`",
    "at once",
    0,
    (world) => ({ store: kvBackend(world).store, tagStore: strongBackend(world).store }),
    seldomVisited,
    { isTold: true, off: 5000 },
  ),
  responses(
    "the same on a strong store, clocks up to a minute off",
    "it may stay until its own deadlines",
    Number.POSITIVE_INFINITY,
    strongBackend,
    visited,
    { isTold: true, off: 60_000 },
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
