import { invalidateTags } from "../../../src/cache-tags.ts";
import { type Cached, cached } from "../../../src/cached.ts";
import { type AsyncKeyValue, memoryStore } from "../../../src/index.ts";
import { type HonoSessionStorage, honoSessionStorage } from "../../../src/interop/hono-session.ts";
import {
  type ReactRouterStorage,
  type ReactRouterStrategy,
  reactRouterSessions,
} from "../../../src/interop/react-router.ts";
import { cacheThrough } from "../../../src/wrappers/cache-through.ts";
import { sleep } from "../caching.ts";
import { CALL, kvBackend, strongBackend } from "./backends.ts";
import { history, inWorld, type World } from "./world.ts";

/** Something that the documentation promises, as a number that a simulation may not exceed. */
export interface Scenario {
  readonly what: string;
  /** What the documentation says, in words. */
  readonly promise: string;
  /** In milliseconds; infinite where the documentation says that there is none. */
  readonly bound: number;
  /** Returns the worst that was seen, in milliseconds. */
  run(seed: number): Promise<number>;
}

const ISOLATES = 5;

/** For how long a copy is served. */
const MAX_TTL = 5;

/** The longest run of the function that is cached. */
const RUN = 500;

/** What Workers KV is behind at most: its minute, and the call that brings a value into a place. */
const KV = 60_000 + CALL;

const isolatesOf = <T>(make: () => T): T[] => Array.from({ length: ISOLATES }, make);

/** Lets isolates read a key while one after the other of them writes it. Returns by how much the worst reader was late. */
async function readWhileWriting(
  world: World,
  stores: readonly AsyncKeyValue[],
  { writes, pause, look }: { writes: number; pause: number; look: number },
): Promise<number> {
  const { acknowledge, see, worst } = history(world);
  let ended = false;
  const readers = stores.map(async (store) => {
    while (!ended) {
      const began = world.now();
      see((await store.get<number>("k")) ?? 0, began);
      await sleep(world.between(1, look));
    }
  });
  for (let version = 1; version <= writes; version++) {
    await sleep(world.between(1000, pause));
    await world.pick(stores).put("k", version);
    acknowledge(version);
  }
  await sleep(pause);
  ended = true;
  await Promise.all(readers);
  return worst();
}

const often = { writes: 12, pause: 12_000, look: 500 };
const rarely = { writes: 4, pause: 120_000, look: 2000 };

/** Lets isolates call a cached function while its data changes. `tell` tells the caches, if they are told. */
async function callWhileChanging(
  world: World,
  isolates: readonly { readonly get: Cached<[], number>; readonly off: number }[],
  source: { version: number },
  tell: () => Promise<unknown>,
  { changes, pause, look }: { changes: number; pause: number; look: number },
): Promise<number> {
  const { acknowledge, see, worst } = history(world);
  let ended = false;
  const readers = isolates.map(({ get, off }) =>
    world.underClock(off, async () => {
      while (!ended) {
        const began = world.now();
        see(await get.with({})(), began);
        await sleep(world.between(1, look));
      }
    }),
  );
  for (let version = 1; version <= changes; version++) {
    await sleep(world.between(1000, pause));
    source.version = version;
    await tell();
    acknowledge(version);
  }
  await sleep(pause);
  ended = true;
  await Promise.all(readers);
  return worst();
}

/** Calls of a cached function with a tag, which is invalidated after each change. */
function tagged(
  what: string,
  promise: string,
  bound: number,
  make: (world: World) => { store: () => AsyncKeyValue; tagStore?: () => AsyncKeyValue },
  pace: { changes: number; pause: number; look: number },
): Scenario {
  return {
    what,
    promise,
    bound,
    run: (seed) =>
      inWorld(seed, async (world) => {
        const source = { version: 0 };
        const { store, tagStore } = make(world);
        const isolates = isolatesOf(() => {
          const [results, tags] = [store(), tagStore?.()];
          const get = cached(results, () => load(world, source), {
            ...{ key: () => "k", ttl: 3600, staleWhileRevalidate: 3600, tags: ["t"], tagStore: tags },
          });
          return { get, off: 0, stamps: tags ?? results };
        });
        const tell = () => invalidateTags(world.pick(isolates).stamps, ["t"]);
        return await callWhileChanging(world, isolates, source, tell, pace);
      }),
  };
}

async function load(world: World, source: { readonly version: number }): Promise<number> {
  const { version } = source;
  await sleep(world.between(20, RUN));
  return version;
}

/** Calls of a cached function that nobody tells of changes, in isolates whose clocks are off by so much at most. */
function untold(what: string, promise: string, off: number): Scenario {
  const [ttl, staleWhileRevalidate] = [10, 20];
  return {
    what,
    promise,
    // A result is as old as its run when its TTL begins.
    bound: (ttl + staleWhileRevalidate) * 1000 + RUN + 2 * off,
    run: (seed) =>
      inWorld(seed, async (world) => {
        const source = { version: 0 };
        const { store } = strongBackend(world);
        // Where visitors are few, a result may be found in its last moments.
        const [count, look] = world.pick([
          [ISOLATES, 500],
          [2, 30_000],
          [2, 60_000],
        ] as const);
        const isolates = Array.from({ length: count }, () => ({
          get: cached(store(), () => load(world, source), { key: () => "k", ttl, staleWhileRevalidate }),
          off: world.between(-off, off),
        }));
        return await callWhileChanging(world, isolates, source, async () => {}, { changes: 8, pause: 40_000, look });
      }),
  };
}

/** What requests do with a session. */
interface Sessions {
  start(): Promise<string>;
  /** Visits a session; returns whether it is still there. */
  visit(id: string): Promise<boolean>;
  end(id: string): Promise<unknown>;
}

/** A bridge that extends a session when it is visited, at most once a minute. */
function extending(store: AsyncKeyValue): Sessions {
  const middleware = honoSessionStorage(store, { allowEventual: true });
  const request = async <R>(work: (storage: HonoSessionStorage) => Promise<R>): Promise<R> => {
    let [storage, result]: [HonoSessionStorage?, R?] = [];
    await middleware({ set: (_, made) => void (storage = made) }, async () => {
      result = await work(storage as HonoSessionStorage);
    });
    return result as R;
  };
  return {
    start: () => request((storage) => storage.set("id", { user: "Ann" })).then(() => "id"),
    visit: (id) => request(async (storage) => (await storage.get(id)) !== null),
    end: (id) => request((storage) => storage.delete(id)),
  };
}

/** A bridge that only reads a session when it is visited. */
function reading(store: AsyncKeyValue): Sessions {
  let strategy: ReactRouterStrategy | undefined;
  const create = (made: ReactRouterStrategy) => {
    strategy = made;
    return {} as ReactRouterStorage;
  };
  reactRouterSessions(store, create, { allowEventual: true });
  const { createData, readData, deleteData } = strategy as unknown as ReactRouterStrategy;
  return {
    start: () => createData({ user: "Ann" }),
    visit: async (id) => "user" in ((await readData<object>(id)) ?? {}),
    end: deleteData,
  };
}

/** Visits of a session in several places, until five minutes after it was ended in one. Returns for how long it was still valid. */
function session(
  what: string,
  promise: string,
  bound: number,
  make: (world: World) => { store: () => AsyncKeyValue },
  bridge: (store: AsyncKeyValue) => Sessions,
): Scenario {
  return {
    what,
    promise,
    bound,
    run: (seed) =>
      inWorld(seed, async (world) => {
        const { store } = make(world);
        const isolates = isolatesOf(() => bridge(store()));
        const id = await world.pick(isolates).start();
        let endedAt = Number.POSITIVE_INFINITY;
        let worst = 0;
        let over = false;
        const visitors = isolates.map(async ({ visit }) => {
          while (!over) {
            const began = world.now();
            if (await visit(id)) worst = Math.max(worst, began - endedAt);
            await sleep(world.between(1, 3000));
          }
        });
        await sleep(world.between(2000, 150_000));
        await world.pick(isolates).end(id);
        endedAt = world.now();
        await sleep(300_000);
        over = true;
        await Promise.all(visitors);
        return worst;
      }),
  };
}

/** Deadlines that a writer sets and readers look at, all by clocks that are off by so much at most. */
function deadlines(what: string, promise: string, off: number, make: (world: World) => () => AsyncKeyValue): Scenario {
  return {
    what,
    promise,
    // A reader decides when the reply is there, and the writer sets the deadline before the call.
    bound: 2 * off + CALL,
    run: (seed) =>
      inWorld(seed, async (world) => {
        const store = make(world);
        const ttl = world.between(5000, 200_000);
        const writer = store();
        await world.underClock(world.between(-off, off), () => writer.put("k", 1, { ttl: ttl / 1000 }));
        const put = world.now();
        let worst = 0;
        await Promise.all(
          isolatesOf(() =>
            world.underClock(world.between(-off, off), async () => {
              const reader = store();
              while (world.now() < put + ttl + 300_000) {
                const began = world.now();
                const found = await reader.get("k");
                // Late: there after the deadline. Early: gone before it.
                worst = Math.max(worst, found === null ? put + ttl - world.now() : began - put - ttl);
                await sleep(world.between(1, 5000));
              }
            }),
          ),
        );
        return worst;
      }),
  };
}

const memory = (): AsyncKeyValue => memoryStore({ maxEntries: 1000 });
const throughMemory = (primary: AsyncKeyValue): AsyncKeyValue =>
  cacheThrough(primary, memory(), { maxTtl: MAX_TTL, negativeTtl: MAX_TTL });

const reads = (
  what: string,
  promise: string,
  bound: number,
  make: (world: World) => () => AsyncKeyValue,
  pace: { writes: number; pause: number; look: number },
): Scenario => ({
  what,
  promise,
  bound,
  run: (seed) => inWorld(seed, (world) => readWhileWriting(world, isolatesOf(make(world)), pace)),
});

/** A cache on a backend of its own that all isolates share. */
function throughShared(world: World, cacheOf: (backend: ReturnType<typeof strongBackend>) => AsyncKeyValue) {
  const [primary, cache] = [strongBackend(world), strongBackend(world)];
  return () => cacheThrough(primary.store(), cacheOf(cache), { maxTtl: MAX_TTL, negativeTtl: MAX_TTL });
}

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
