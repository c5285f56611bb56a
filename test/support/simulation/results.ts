import { invalidateTags } from "../../../src/cache-tags.ts";
import { cached } from "../../../src/cached.ts";
import type { AsyncKeyValue } from "../../../src/index.ts";
import { sleep } from "../caching.ts";
import { CALL, strongBackend } from "./backends.ts";
import { ISOLATES, isolatesOf, type Scenario, scenario } from "./scenario.ts";
import { history, type World } from "./world.ts";

/** The longest run of the function that is cached. */
export const RUN = 500;

/** How often something changes and is looked at, in milliseconds. */
export interface Pace {
  readonly changes: number;
  readonly pause: number;
  readonly look: number;
}

/** Lets isolates call a cached function while its data changes. `tell` tells the caches, if they are told. */
export async function callWhileChanging(
  world: World,
  isolates: readonly { readonly get: () => Promise<number>; readonly off: number }[],
  source: { version: number },
  tell: () => Promise<unknown>,
  { changes, pause, look }: Pace,
): Promise<number> {
  const { acknowledge, see, worst } = history(world);
  let ended = false;
  const readers = isolates.map(({ get, off }) =>
    world.underClock(off, async () => {
      while (!ended) {
        const began = world.now();
        see(await get(), began);
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

/** Where results are, and the stamps of their tags. */
export interface Places {
  store(): AsyncKeyValue;
  tagStore?(): AsyncKeyValue;
}

/** How the tag is invalidated after a change; resolves when it is. */
export type Tell = (world: World, stamps: () => AsyncKeyValue) => Promise<unknown>;

export const hard: Tell = (_, stamps) => invalidateTags(stamps(), ["t"]);

export const soft: Tell = (_, stamps) => invalidateTags(stamps(), ["t"], { soft: true });

/** A hard invalidation, and a soft one from somewhere else at about the same time. */
export const hardBesideSoft: Tell = async (world, stamps) => {
  const [first, second] = world.pick([
    [hard, soft],
    [soft, hard],
  ] as const);
  const one = first(world, stamps);
  await sleep(world.between(1, 2 * CALL));
  await Promise.all([one, second(world, stamps)]);
};

/** Calls of a cached function with a tag, which is invalidated after each change. Clocks are off by so much at most. */
export function tagged(
  what: string,
  promise: string,
  bound: number,
  make: (world: World) => Places,
  pace: Pace,
  { tell = hard, off = 0 }: { tell?: Tell; off?: number } = {},
): Scenario {
  return scenario(what, promise, bound, async (world) => {
    const source = { version: 0 };
    const { store, tagStore } = make(world);
    const isolates = isolatesOf(() => {
      const [results, tags] = [store(), tagStore?.()];
      const get = cached(results, () => load(world, source), {
        ...{ key: () => "k", ttl: 3600, staleWhileRevalidate: 3600, tags: ["t"], tagStore: tags },
      });
      return { get: () => get.with({})(), off: world.between(-off, off), stamps: tags ?? results };
    });
    return await callWhileChanging(world, isolates, source, () => tellFrom(world, isolates, tell), pace);
  });
}

/** Invalidates from any of the isolates, by its clock. */
export function tellFrom(
  world: World,
  isolates: readonly { readonly off: number; readonly stamps: AsyncKeyValue }[],
  tell: Tell,
): Promise<unknown> {
  return world.underClock(world.pick(isolates).off, () => tell(world, () => world.pick(isolates).stamps));
}

async function load(world: World, source: { readonly version: number }): Promise<number> {
  const { version } = source;
  await sleep(world.between(20, RUN));
  return version;
}

/** Calls of a cached function that nobody tells of changes, in isolates whose clocks are off by so much at most. */
export function untold(what: string, promise: string, off: number): Scenario {
  const [ttl, staleWhileRevalidate] = [10, 20];
  return scenario(
    what,
    promise,
    // A result is as old as its run when its TTL begins.
    (ttl + staleWhileRevalidate) * 1000 + RUN + 2 * off,
    async (world) => {
      const source = { version: 0 };
      const { store } = strongBackend(world);
      // Where visitors are few, a result may be found in its last moments.
      const [count, look] = world.pick([
        [ISOLATES, 500],
        [2, 30_000],
        [2, 60_000],
      ] as const);
      const isolates = Array.from({ length: count }, () => {
        const get = cached(store(), () => load(world, source), { key: () => "k", ttl, staleWhileRevalidate });
        return { get: () => get.with({})(), off: world.between(-off, off) };
      });
      return await callWhileChanging(world, isolates, source, async () => {}, { changes: 8, pause: 40_000, look });
    },
  );
}
