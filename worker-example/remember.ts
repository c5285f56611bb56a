import type { AsyncKeyValue } from "../src/index.ts";

/** A value with where it came from. */
export interface Remembered<T> {
  readonly value: T;
  readonly hit: boolean;
  /** Seconds since the value was made. */
  readonly age: number;
  /** Seconds until it is made again. */
  readonly left: number;
}

interface Made<T> {
  readonly value: T;
  readonly at: number;
}

/** Keeps what a slow function returns in a store for so many seconds. */
export function remember<T>(store: AsyncKeyValue, key: string, seconds: number, make: () => Promise<T>) {
  const collection = "remembered";

  /** Makes the value again, whatever is there. */
  async function refresh(): Promise<Remembered<T>> {
    const value = await make();
    await store.put(key, { value, at: Date.now() } satisfies Made<T>, { collection, ttl: seconds });
    return { value, hit: false, age: 0, left: seconds };
  }

  /** The value from the store, or made now. */
  async function get(): Promise<Remembered<T>> {
    const found = await store.ttl<Made<T>>(key, { collection });
    if (!found) return refresh();
    const { value, at } = found.value;
    return { value, hit: true, age: (Date.now() - at) / 1000, left: found.ttl ?? seconds };
  }

  return { get, refresh };
}
