import type { AnyDriver, Entry } from "../../../src/index.ts";
import { type Broken, driver, type Memory, store } from "./make.ts";

/** Stores that lose against concurrent callers. */
export const atomics: readonly Broken[] = [
  [
    "emulates putIfAbsent with get and put",
    store((good) => ({
      putIfAbsent: async (key, value, options) => {
        if ((await good.get(key, options)) !== null) return false;
        await good.put(key, value, options);
        return true;
      },
    })),
    "exactly one of 50 putIfAbsent writes",
  ],
  [
    "emulates take with get and delete",
    store((good) => ({
      take: async <T>(key: string, options?: object) => {
        const value = await good.get<T>(key, options);
        await good.delete(key, options);
        return value;
      },
    })),
    "exactly one of 50 takers gets the value",
  ],
  [
    "emulates increment with get and put",
    store((good) => ({
      increment: async (key, by = 1, options) => {
        const sum = ((await good.get<number>(key, options)) ?? 0) + by;
        await good.put(key, sum, options);
        return sum;
      },
    })),
    "50 increments at once are all counted",
  ],
  [
    "swaps whatever is there",
    driver(({ read, swap }) => ({
      swap: (collection, key, _, next) => {
        const [current] = read(collection, [key]) as readonly (Entry | undefined)[];
        return swap(collection, key, current?.version, next);
      },
    })),
    "a swap succeeds on the version that is there, and on no other",
  ],
  [
    "starts versions again after a removal",
    driver((good) => versioned(good, (_, old) => `${Number(old ?? 0) + 1}`)),
    "a version from before a removal and a new write never fits again",
  ],
  [
    "makes versions of values",
    driver((good) => versioned(good, (entry) => JSON.stringify(entry.value))),
    "every write gives an entry another version, also with the same value",
  ],
  [
    "puts quotes into versions",
    driver((good) => versioned(good, () => `"${crypto.randomUUID()}"`)),
    "a version can be an HTTP entity tag",
  ],
  [
    "takes an expired entry for one in a swap",
    driver(({ swap }) => ({
      swap: async (collection, key, expected, next) => {
        const result = await swap(collection, key, expected, next);
        return result.ok || result.current ? result : { ok: false, current: { value: 1, expiresAt: undefined } };
      },
    })),
    "a swap returns the new version, and never an expired entry",
  ],
  [
    "loses the TTL in a swap",
    driver(({ swap }) => ({
      swap: (collection, key, expected, next) =>
        swap(collection, key, expected, next && { ...next, expiresAt: undefined }),
    })),
    "update keeps the TTL unless it is given one",
  ],
  [
    "hides that the signal has ended an update",
    store((good) => ({ update: (key, change, options) => good.update(key, change, options).catch(() => null) })),
    "update that keeps losing ends with its signal",
  ],
  [
    "brings an entry back that expired while it was changed",
    driver(({ swap, write }) => ({
      swap: async (collection, key, expected, next) => {
        const result = await swap(collection, key, expected, next);
        if (result.ok || result.current || !expected || !next) return result;
        await write(collection, [[key, next]]);
        return { ok: true, version: expected };
      },
    })),
    "an entry that expires while update changes it is absent, and stays so",
  ],
  [
    "moves a deadline by a put",
    store((good) => ({
      touch: async (key, ttl, options) => {
        const value = await good.get(key, options);
        await good.put(key, value ?? 0, { ...options, ttl: ttl ?? undefined });
        return value !== null;
      },
    })),
    "touch moves the deadline and leaves the value alone",
  ],
  [
    "applies operations of its own",
    driver(({ apply }) => ({
      operations: { has: () => true },
      apply: async (collection, key, operation, args) => {
        const result = await apply?.(collection, key, operation, args);
        return (operation.name === "limit" ? { ...Object(result), allowed: true } : result) as never;
      },
    })),
    "limit lets through its limit, and refuses a value of another kind",
  ],
  [
    "loses writes that come at once",
    driver(({ read, write }) => ({
      write: async (collection, items) => {
        const keys = Array.from({ length: 100 }, (_, i) => `k${i}`);
        const before = await read(collection, keys);
        await null;
        await write(collection, items);
        await null;
        const kept = keys
          .map((key, i) => [key, before[i]] as const)
          .filter(([key]) => !items.some(([written]) => written === key));
        await write(
          collection,
          kept.filter((pair): pair is readonly [string, Entry] => pair[1] !== undefined),
        );
      },
    })),
    "100 writers at once lose nothing",
  ],
  [
    "takes numbers for keys of atomic operations",
    store((good) => ({ take: <T>(key: string, options?: object) => good.take<T>(String(key), options) })),
    "atomic operations refuse a wrong key or collection with a TypeError",
  ],
  [
    "writes an entry again when it is read",
    driver(({ read, write }) => ({
      read: async (collection, keys, how) => {
        const entries = await read(collection, keys, how);
        for (const [i, entry] of entries.entries()) if (entry) await write(collection, [[keys[i] as string, entry]]);
        return entries;
      },
    })),
    "reading changes no version",
  ],
  [
    "shows values that are written half",
    driver(({ write }) => ({
      write: async (collection, items) => {
        await write(
          collection,
          items.map(([key, entry]) => [key, { ...entry, value: ["half"] }]),
        );
        await null;
        await write(collection, items);
      },
    })),
    "reads, writes and deletes at once give whole values or none",
  ],
];

/** Another driver's entries with versions made by a bad rule. */
function versioned(
  { read, write, remove }: Memory,
  versionOf: (entry: Entry, old?: string) => string,
): Partial<AnyDriver> {
  const versions = new Map<string, string>();
  const at = (collection: string, key: string) => JSON.stringify([collection, key]);
  const set = async (collection: string, key: string, entry: Entry) => {
    versions.set(at(collection, key), versionOf(entry, versions.get(at(collection, key))));
    await write(collection, [[key, entry]]);
  };
  const unset = async (collection: string, keys: readonly string[]) => {
    for (const key of keys) versions.delete(at(collection, key));
    return remove(collection, keys);
  };
  const get = async (collection: string, keys: readonly string[]) =>
    (await read(collection, keys)).map(
      (entry, i) => entry && { ...entry, version: versions.get(at(collection, keys[i] as string)) },
    );
  return {
    read: get,
    remove: unset,
    async write(collection, items) {
      for (const [key, entry] of items) await set(collection, key, entry);
    },
    async swap(collection, key, expected, next) {
      const [current] = await get(collection, [key]);
      if (current?.version !== expected) return { ok: false, current };
      if (next) await set(collection, key, next);
      else await unset(collection, [key]);
      return { ok: true, version: versions.get(at(collection, key)) ?? "" };
    },
  };
}
