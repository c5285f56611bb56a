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

/** A store that lets something happen once, right before the next swap or operation. */
export function storeWithRace() {
  let meanwhile: (() => Promise<unknown>) | undefined;
  async function race(): Promise<void> {
    const first = meanwhile;
    meanwhile = undefined;
    await first?.();
  }
  const { memory, store } = storeWith(({ swap, apply }) => ({
    async swap(...args) {
      await race();
      return swap(...args);
    },
    async apply(...args) {
      await race();
      return apply!(...args);
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

/** A store that counts its atomic writes, by `swap` or the name of an operation. */
export function storeWithCounts() {
  const writes: string[] = [];
  const { store } = storeWith(({ swap, apply }) => ({
    swap(...args) {
      writes.push("swap");
      return swap(...args);
    },
    apply(collection, key, operation, args) {
      writes.push(operation.name);
      return apply!(collection, key, operation, args);
    },
  }));
  return { store, writes };
}
