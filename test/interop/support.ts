import { type Capability, createStore, type Driver, memoryStore, type Store, toDriver } from "../../src/index.ts";

/** Lets the clock stand still, and moves it on request. */
export async function atTime(body: (pass: (seconds: number) => void) => Promise<void>): Promise<void> {
  const { now } = Date;
  let time = now();
  Date.now = () => time;
  try {
    await body((seconds) => {
      time += seconds * 1000;
    });
  } finally {
    Date.now = now;
  }
}

/** The ids of all sessions. */
export async function idsOf(store: Store<Capability>, collection = "sessions"): Promise<readonly string[]> {
  return (await store.listKeys({ collection })).names;
}

/** A store whose driver is memory with some methods replaced; `memory` is the store behind it. */
export function storeWith(change: (driver: Driver<Capability>) => Partial<Driver<Capability>>) {
  const memory = memoryStore();
  const driver = toDriver(memory);
  return { memory, store: createStore({ ...driver, ...change(driver) }) as Store<Capability> };
}

/** A store that lets something happen once, right before the next swap. */
export function storeWithRace() {
  let meanwhile: (() => Promise<unknown>) | undefined;
  const { memory, store } = storeWith((driver) => ({
    async swap(...args) {
      const first = meanwhile;
      meanwhile = undefined;
      await first?.();
      return driver.swap(...args);
    },
  }));
  return {
    memory,
    store,
    beforeNextSwap(body: () => Promise<unknown>) {
      meanwhile = body;
    },
    /** Whether it has happened. */
    raced: () => meanwhile === undefined,
  };
}
