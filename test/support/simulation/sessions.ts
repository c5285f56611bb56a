import type { AsyncKeyValue } from "../../../src/index.ts";
import { type HonoSessionStorage, honoSessionStorage } from "../../../src/interop/hono-session.ts";
import {
  type ReactRouterStorage,
  type ReactRouterStrategy,
  reactRouterSessions,
} from "../../../src/interop/react-router.ts";
import { sleep } from "../caching.ts";
import { isolatesOf, type Scenario, scenario } from "./scenario.ts";
import type { World } from "./world.ts";

/** What requests do with a session. */
interface Sessions {
  start(): Promise<string>;
  /** Visits a session; returns whether it is still there. */
  visit(id: string): Promise<boolean>;
  end(id: string): Promise<unknown>;
}

/** A bridge that extends a session when it is visited, at most once a minute. */
export function extending(store: AsyncKeyValue): Sessions {
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
export function reading(store: AsyncKeyValue): Sessions {
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
export function session(
  what: string,
  promise: string,
  bound: number,
  make: (world: World) => { store: () => AsyncKeyValue },
  bridge: (store: AsyncKeyValue) => Sessions,
): Scenario {
  return scenario(what, promise, bound, async (world) => {
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
  });
}
