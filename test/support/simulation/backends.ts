import { type WorkersKV, type WorkersKVValue, workersKVStore } from "../../../src/adapters/workers-kv.ts";
import { type AsyncKeyValue, createStore, type Driver, memoryStore, type Store, toDriver } from "../../../src/index.ts";
import { sleep } from "../caching.ts";
import type { World } from "./world.ts";

/** The longest time that a call takes, there and back. */
export const CALL = 400;

/** Makes a call that takes its time before and after something happens. */
async function call<R>(world: World, happen: () => R): Promise<Awaited<R>> {
  await sleep(world.between(1, CALL / 2 - 1));
  const result = await happen();
  await sleep(world.between(1, CALL / 2 - 1));
  return result;
}

/** A backend that all share, such as Durable Objects, Redis or a SQL database: each caller has a way to it of its own length. */
export function strongBackend(world: World) {
  const { read, write, remove, swap } = toDriver(memoryStore());
  const far =
    <Args extends unknown[], R>(method: (...args: Args) => R) =>
    (...args: Args) =>
      call(world, () => method(...args));
  const driver = { read: far(read), write: far(write), remove: far(remove) };
  const named = { name: "strong", consistency: "strong" } as const;
  return {
    store: (): Store<"swap"> => createStore({ ...named, ...driver, swap: far(swap) } as Driver<"swap">),
    storeWithoutSwap: (): AsyncKeyValue => createStore({ ...named, ...driver }),
  };
}

/** How long a place keeps what it has read, unless it is told otherwise. */
const KEPT = 60_000;

/**
 * Workers KV as Cloudflare describes it: one central store, and in each place a cache that answers reads for a minute, also reads
 * of names that are missing. A write clears the cache of its own place, as long as no read is under way there.
 */
export function kvBackend(world: World) {
  const central = new Map<string, { readonly stored: WorkersKVValue; readonly until: number }>();
  const nothing: WorkersKVValue = { value: null, metadata: null };

  function bindingIn(cache: Map<string, { readonly stored: WorkersKVValue; readonly until: number }>): WorkersKV {
    async function read(name: string, kept: number): Promise<WorkersKVValue> {
      const near = cache.get(name);
      if (near && near.until > world.now()) {
        await sleep(world.between(1, 10));
        return near.stored;
      }
      const stored = await call(world, () => {
        const found = central.get(name);
        return found && found.until > world.now() ? found.stored : nothing;
      });
      cache.set(name, { stored, until: world.now() + kept });
      return stored;
    }
    return {
      async getWithMetadata(names: string | string[], { cacheTtl }: { cacheTtl?: number } = {}) {
        const kept = cacheTtl === undefined ? KEPT : cacheTtl * 1000;
        if (typeof names === "string") return await read(names, kept);
        return new Map(await Promise.all(names.map(async (name) => [name, await read(name, kept)] as const)));
      },
      async put(name: string, value: string, options: { metadata?: unknown; expirationTtl?: number }) {
        const stored = { value, metadata: structuredClone(options.metadata ?? null) };
        await call(world, () => {
          const { expirationTtl = Number.POSITIVE_INFINITY } = options;
          central.set(name, { stored, until: world.now() + expirationTtl * 1000 });
          cache.delete(name);
        });
      },
      async delete(name: string) {
        await call(world, () => {
          central.delete(name);
          cache.delete(name);
        });
      },
    } as WorkersKV;
  }

  const places = Array.from({ length: 3 }, () => bindingIn(new Map()));
  return {
    /** A store in one of the places. Isolates of one place share its cache. */
    store: (cacheTtl?: number): AsyncKeyValue => workersKVStore(world.pick(places), { cacheTtl }),
  };
}
