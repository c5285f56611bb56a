import { type Arguments, object, refuse, string, strings } from "./checks.ts";
import type { AnyDriver, ReadOptions } from "./driver.ts";
import { type Entry, live } from "./entry.ts";
import type { ErrorDetails } from "./errors.ts";
import { copyStored, toJson } from "./json.ts";
import { listings } from "./listings.ts";
import type { AsyncKeyValue, CapabilityMethods, CollectionOptions, PutOptions, ValueWithTtl } from "./protocol.ts";
import { drivers } from "./registry.ts";
import { lifetime } from "./times.ts";

/** Options that every store takes. */
export interface StoreOptions {
  /** The collection to use when a call names none. Default: `"default_collection"`. */
  readonly defaultCollection?: string | undefined;
}

/** The name that Python's py-key-value-aio uses as well. */
const DEFAULT_COLLECTION = "default_collection";

/** The options of all methods of a store, and `names`, for callers who spread a page into the options for the next one. */
const OPTIONS = ["collection", "ttl", "signal", "prefix", "cursor", "limit", "names"];

const VALUE_ONLY = { valueOnly: true };

/**
 * Makes a store from a driver. Arguments are checked, values copied and deadlines kept here and nowhere else.
 *
 * It has no atomic operations, `cull` or `close`, so adapters without them do not carry their code; `more` adds them.
 */
export function baseStore(
  driver: AnyDriver,
  options: StoreOptions = {},
  more?: (args: Arguments) => Partial<CapabilityMethods>,
): AsyncKeyValue {
  const { name: store, destroyCollection, destroy } = driver;
  const { defaultCollection = DEFAULT_COLLECTION } = object(options);
  const isFresh = driver.freshRead === driver.read;

  function collectionOf(options?: CollectionOptions): string {
    if (options === undefined) return string(defaultCollection, "collection");
    const { collection = defaultCollection } = object(options);
    // A misspelled option would do nothing: an entry with `expirationTtl` would never expire.
    for (const name of Object.keys(options)) {
      if (!OPTIONS.includes(name)) throw new TypeError(`there is no option "${name}"`);
    }
    return string(collection, "collection");
  }
  // A wrong default is refused at once.
  collectionOf();

  function entryOf(key: string, value: unknown, options?: PutOptions, old?: Entry): Entry {
    const details = { store, collection: collectionOf(options), key: string(key) };
    const { createdAt, expiresAt } = timesOf(options, details, old);
    return { value: toJson(value, details), createdAt, expiresAt };
  }

  async function readMany<R>(
    keys: readonly string[],
    options: CollectionOptions | undefined,
    pick: (entry: Entry) => R,
    how?: ReadOptions,
  ): Promise<(R | null)[]> {
    const collection = collectionOf(options);
    const asked = strings(keys);
    const entries = asked.length > 0 ? await driver.read(collection, asked, how) : [];
    return asked.map((_, i) => {
      const entry = live(entries[i]);
      return entry ? pick(entry) : null;
    });
  }

  async function removeMany(keys: readonly string[], options: CollectionOptions | undefined): Promise<number> {
    const collection = collectionOf(options);
    const unique = [...new Set(strings(keys))];
    return unique.length > 0 ? await driver.remove(collection, unique) : 0;
  }

  function copyOf<T>({ value }: Entry): T {
    return (isFresh ? value : copyStored(value, { store })) as T;
  }

  function withTtl<T>(entry: Entry): ValueWithTtl<T> {
    const { expiresAt } = entry;
    return { value: copyOf(entry), ttl: expiresAt === undefined ? null : Math.max(1, expiresAt - Date.now()) / 1000 };
  }

  const args = { collectionOf, entryOf, withTtl };
  const made: AsyncKeyValue = {
    defaultCollection,
    async get<T>(key: string, options?: CollectionOptions) {
      // Awaiting only promises halves the time of a miss in a driver that returns none.
      const entries = driver.read(collectionOf(options), [string(key)], VALUE_ONLY);
      const entry = live((Array.isArray(entries) ? entries : await entries)[0]);
      return entry ? copyOf<T>(entry) : null;
    },
    getMany: <T>(keys: readonly string[], options?: CollectionOptions) =>
      readMany(keys, options, copyOf<T>, VALUE_ONLY),
    ttl: async <T>(key: string, options?: CollectionOptions) =>
      (await readMany([key], options, withTtl<T>))[0] as ValueWithTtl<T> | null,
    ttlMany: <T>(keys: readonly string[], options?: CollectionOptions) => readMany(keys, options, withTtl<T>),
    async put(key, value, options) {
      const written = driver.write(collectionOf(options), [[key, entryOf(key, value, options)]]);
      if (written) await written;
    },
    async putMany(entries, options) {
      const collection = collectionOf(options);
      // Refuse wrong options even if there is nothing to put.
      const { createdAt, expiresAt } = timesOf(options, { store, collection });
      const items = new Map<string, Entry>();
      if (!entries?.[Symbol.iterator]) refuse("entries", "[key, value] pairs", entries);
      for (const pair of entries) {
        if (!Array.isArray(pair)) refuse("entries", "[key, value] pairs", pair);
        const key = string(pair[0]);
        items.set(key, { value: toJson(pair[1], { store, collection, key }), createdAt, expiresAt });
      }
      if (items.size) await driver.write(collection, [...items]);
    },
    delete: async (key, options) => (await removeMany([key], options)) > 0,
    deleteMany: removeMany,
    ...listings(driver, args),
    ...more?.(args),
    ...(destroyCollection && {
      destroyCollection: async (options?: CollectionOptions) => await destroyCollection(collectionOf(options)),
    }),
    ...(destroy && { destroy: async () => await destroy() }),
  };
  drivers().set(made, driver);
  return made;
}

/** The times of an entry that is put now, or that replaces another. */
function timesOf(options: PutOptions | undefined, details: ErrorDetails, old?: Entry) {
  const now = Date.now();
  const life = lifetime(options?.ttl, "ttl", details);
  return { createdAt: old ? old.createdAt : now, expiresAt: life === undefined ? old?.expiresAt : now + life };
}
