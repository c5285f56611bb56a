import { type Broken, driver, writing } from "./make.ts";

/** Stores that take time wrongly. */
export const time: readonly Broken[] = [
  [
    "forgets the TTL",
    writing(({ expiresAt: _, ...entry }) => entry),
    "an entry is there before its deadline and absent from it on",
  ],
  [
    "rounds deadlines down to seconds",
    writing((entry) => ({ ...entry, expiresAt: entry.expiresAt && Math.floor(entry.expiresAt / 1000) * 1000 })),
    "ttl gives the seconds that are left",
  ],
  [
    "expires early",
    driver(({ read }) => ({
      read: async (...args) =>
        (await read(...args)).map((entry) => ((entry?.expiresAt ?? Infinity) < Date.now() + 100 ? undefined : entry)),
    })),
    "an entry is there before its deadline and absent from it on",
  ],
  [
    "keeps the deadline of the entry before",
    driver(({ read, write }) => ({
      write: async (collection, items) => {
        for (const [key, entry] of items)
          await write(collection, [
            [key, { ...entry, expiresAt: entry.expiresAt ?? (await read(collection, [key]))[0]?.expiresAt }],
          ]);
      },
    })),
    "put without a TTL takes an earlier one away",
  ],
  [
    "caps the TTL at a 32-bit number",
    writing((entry) => ({
      ...entry,
      expiresAt: entry.expiresAt && Math.min(entry.expiresAt, Date.now() + 2 ** 31 * 1000),
    })),
    "a TTL of centuries is kept",
  ],
  [
    "gives expired entries",
    driver(({ read, write }) => {
      const deadlines = new Map<string, number | undefined>();
      return {
        async write(collection, items) {
          for (const [key, { expiresAt }] of items) deadlines.set(collection + key, expiresAt);
          await write(
            collection,
            items.map(([key, entry]) => [key, { ...entry, expiresAt: undefined }]),
          );
        },
        read: async (collection, keys, how) =>
          (await read(collection, keys, how)).map((entry, i) => {
            const expiresAt = deadlines.get(collection + keys[i]);
            return entry && { ...entry, expiresAt: (expiresAt ?? 0) > Date.now() ? expiresAt : undefined };
          }),
      };
    }),
    "an expired entry is absent for every method",
  ],
  [
    "counts an expired entry as deleted",
    driver(({ write, remove }) => {
      const written = new Set<string>();
      return {
        async write(collection, items) {
          for (const [key] of items) written.add(collection + key);
          await write(collection, items);
        },
        async remove(collection, keys) {
          await remove(collection, keys);
          return keys.filter((key) => written.delete(collection + key)).length;
        },
      };
    }),
    "delete of an expired entry that nobody has read since is false",
  ],
  [
    "forgets when an entry was created",
    writing(({ createdAt: _, ...entry }) => entry),
    "an entry keeps its deadline to the millisecond, and when it was created",
  ],
  [
    "writes entries whose deadline has passed without one",
    writing((entry) => ((entry.expiresAt ?? Infinity) < Date.now() ? { ...entry, expiresAt: undefined } : entry)),
    "a write whose deadline has passed removes what is there",
  ],
];
