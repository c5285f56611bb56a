import { invalidateTags } from "../../../src/cache-tags.ts";
import { type Cached, cached } from "../../../src/cached.ts";
import type { AsyncKeyValue } from "../../../src/index.ts";
import { sleep } from "../caching.ts";
import { strongBackend } from "./backends.ts";
import { ISOLATES, isolatesOf, type Scenario } from "./scenario.ts";
import { history, inWorld, type World } from "./world.ts";

/** The longest run of the function that is cached. */
const RUN = 500;

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
export function tagged(
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
export function untold(what: string, promise: string, off: number): Scenario {
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
