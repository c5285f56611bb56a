/** Where an operation looks. */
export interface CollectionOptions {
  /** The collection of the key. Default: the store's `defaultCollection`, which is `"default_collection"` unless set. */
  readonly collection?: string | undefined;
}

/** Where a value is put, and for how long. */
export interface PutOptions extends CollectionOptions {
  /** Seconds until the entry expires, a positive finite number, fractions allowed. Default: it never expires. */
  readonly ttl?: number | undefined;
}

/** A value and the seconds it has left; `ttl` is `null` when it never expires. */
export interface ValueWithTtl<T> {
  readonly value: T;
  readonly ttl: number | null;
}

/**
 * The protocol that application and framework code is written against, whatever the backend.
 *
 * A value is any JSON value except `null`, which means "missing". A store copies a value when you call it, and returns fresh
 * copies. Properties named by a symbol are not part of a value: a store may keep or drop them.
 *
 * Every method returns a promise and never throws synchronously; a wrong argument type rejects with a `TypeError`,
 * everything else with a `KeyValueError`. The methods do not need `this`.
 */
export interface AsyncKeyValue {
  /** The collection to use when a call names none. Default: `"default_collection"`. */
  readonly defaultCollection?: string | undefined;

  /**
   * Reads a value. Returns `null` if there is no entry, or if it has expired.
   *
   * The value is a copy: changing it changes nothing in the store.
   *
   * @throws KeyValueError `corrupted` if the stored bytes are not what this store writes, `unavailable` and so on if the backend
   * fails.
   * @example
   * ```ts
   * import { memoryStore } from "edge-key-value";
   *
   * const store = memoryStore();
   * await store.put("ann", { name: "Ann" }, { collection: "users" });
   * await store.get<{ name: string }>("ann", { collection: "users" }); // => { name: "Ann" }
   * await store.get("ben", { collection: "users" }); // => null
   * ```
   */
  get<T = unknown>(key: string, options?: CollectionOptions): Promise<T | null>;

  /**
   * Reads many values of a collection, in the order of `keys`. A missing value is `null`, and a repeated key is repeated.
   *
   * @example
   * ```ts
   * import { memoryStore } from "edge-key-value";
   *
   * const store = memoryStore();
   * await store.putMany([["a", 1], ["b", 2]]);
   * await store.getMany(["b", "nobody", "a"]); // => [2, null, 1]
   * ```
   */
  getMany<T = unknown>(keys: readonly string[], options?: CollectionOptions): Promise<(T | null)[]>;

  /**
   * Reads a value and the seconds that it has left. Returns `null` if there is no entry; the property `ttl` is `null` if the
   * entry never expires.
   *
   * @example
   * ```ts
   * import { memoryStore } from "edge-key-value";
   *
   * const store = memoryStore();
   * await store.put("theme", "dark");
   * await store.ttl("theme"); // => { value: "dark", ttl: null }
   * ```
   */
  ttl<T = unknown>(key: string, options?: CollectionOptions): Promise<ValueWithTtl<T> | null>;

  /** Reads many values with the seconds that they have left, in the order of `keys`. */
  ttlMany<T = unknown>(keys: readonly string[], options?: CollectionOptions): Promise<(ValueWithTtl<T> | null)[]>;

  /**
   * Writes a value, for `ttl` seconds or for ever. It replaces the entry that is there, with its TTL.
   *
   * A value is any JSON value except `null`. `StrictKeyValue` has this method with a type that refuses values that JSON would
   * change.
   *
   * @throws KeyValueError `not_serializable`, `invalid_ttl` or `too_large`, before anything is sent.
   * @example
   * ```ts
   * import { memoryStore } from "edge-key-value";
   *
   * const store = memoryStore();
   * await store.put("session", { user: 7 }, { collection: "sessions", ttl: 3600 }); // for an hour
   * await store.put("theme", "dark"); // in the default collection, for ever
   * ```
   */
  put(key: string, value: unknown, options?: PutOptions): Promise<void>;

  /**
   * Writes many values, all with one TTL. Of a repeated key the last value stays. Everything is checked before the first value
   * is sent.
   *
   * @throws KeyValueError as `put` does. If some writes fail, `failed` has their keys, and the others are written.
   */
  putMany(entries: Iterable<readonly [key: string, value: unknown]>, options?: PutOptions): Promise<void>;

  /** Removes an entry. Returns whether there was one that had not expired. */
  delete(key: string, options?: CollectionOptions): Promise<boolean>;

  /** Removes many entries. Returns how many of them existed; a repeated key counts once. */
  deleteMany(keys: readonly string[], options?: CollectionOptions): Promise<number>;
}

/** Which names a listing returns. */
export interface ListOptions {
  /** Only names that start with this. Default: all. */
  readonly prefix?: string | undefined;
  /** The most names to return, a positive integer. Default: for a page, the backend's choice; for an iterator, all. */
  readonly limit?: number | undefined;
}

/** Which page of a listing to return. */
export interface PageOptions extends ListOptions {
  /** The `cursor` of the page before, with the same prefix. Default: the first page. */
  readonly cursor?: string | undefined;
}

/** One page of a listing. It may be empty and still have a cursor; without a cursor it is the last. */
export interface Page {
  readonly names: readonly string[];
  readonly cursor?: string | undefined;
}

/** A value, the seconds it has left (`null`: it never expires) and the version of its entry. */
export interface ValueWithVersion<T> extends ValueWithTtl<T> {
  /**
   * An opaque string that every write changes. It never repeats, even after a delete, a restart or a write of the same value.
   * You can send it as an HTTP entity tag.
   */
  readonly version: string;
}

/** Options of an atomic operation. */
export interface AtomicOptions extends CollectionOptions {
  /**
   * Ends the operation with code `aborted` before it begins, and between two tries, for example `AbortSignal.timeout(1000)`.
   * A call to the backend that is under way goes on: the wrapper `timeout` bounds it. Without a signal, an operation that
   * keeps losing against other writers ends after 30 seconds with code `conflict`.
   */
  readonly signal?: AbortSignal | undefined;
}

/** {@link AtomicOptions} of an operation that writes. */
export interface AtomicPutOptions extends AtomicOptions, PutOptions {}

/** The methods that a store has beyond {@link AsyncKeyValue} when its backend can do more. */
export interface CapabilityMethods {
  /**
   * Returns one page of a collection's keys, and the `cursor` of the next page if there is one. Expired entries are left out. Where the backend repeats names, as Redis may while it
   * grows, a later page can repeat a key of an earlier one; `keys` returns it once.
   */
  listKeys(options?: PageOptions & CollectionOptions): Promise<Page>;

  /**
   * Iterates over a collection's keys, page after page. Each key comes once: the iterator keeps the keys that it has seen in
   * memory.
   *
   * @example
   * ```ts
   * import { memoryStore } from "edge-key-value";
   *
   * const store = memoryStore();
   * await store.putMany([["user:1", "Ann"], ["user:2", "Ben"]]);
   * for await (const key of store.keys({ prefix: "user:" })) console.log(key, await store.get(key));
   * ```
   */
  keys(options?: ListOptions & CollectionOptions): AsyncIterableIterator<string>;

  /** Returns one page of the names of the collections that hold something. */
  listCollections(options?: PageOptions): Promise<Page>;

  /** Iterates over the names of the collections that hold something. Each name comes once. */
  collections(options?: ListOptions): AsyncIterableIterator<string>;

  /** Removes all entries of a collection. Returns whether there were any. */
  destroyCollection(options?: CollectionOptions): Promise<boolean>;

  /** Deletes everything that this store owns, in all collections. Returns whether there was anything. It closes nothing. */
  destroy(): Promise<boolean>;

  /** Reclaims the space of expired entries, which no read sees. Returns how many there were. */
  cull(): Promise<number>;

  /**
   * Writes a value if there is no entry, in one atomic step. Returns whether it wrote: of many callers, exactly one gets `true`.
   *
   * @example
   * ```ts
   * import { memoryStore } from "edge-key-value";
   *
   * const store = memoryStore();
   * await store.putIfAbsent("name:ann", 7); // => true
   * await store.putIfAbsent("name:ann", 8); // => false
   * ```
   */
  putIfAbsent(key: string, value: unknown, options?: AtomicPutOptions): Promise<boolean>;

  /**
   * Reads a value and removes it, in one atomic step. Of many callers exactly one gets the value, and the others get `null`.
   *
   * @example
   * ```ts
   * import { memoryStore } from "edge-key-value";
   *
   * const store = memoryStore();
   * await store.put("reset-token", { user: 7 }, { ttl: 900 });
   * await store.take<{ user: number }>("reset-token"); // => { user: 7 }
   * await store.take("reset-token"); // => null
   * ```
   */
  take<T = unknown>(key: string, options?: AtomicOptions): Promise<T | null>;

  /**
   * Replaces a value by the result of `change`, in one atomic step. Returns the value that is stored afterwards.
   *
   * `change` gets a copy of the value, or `null` when there is none. It returns the next value, `null` to delete, or
   * `undefined` to leave everything as it is; it may be async, and is called again when another writer came first, or
   * when the entry expired meanwhile. The entry keeps its deadline unless `ttl` is given.
   *
   * @throws KeyValueError `conflict` when other writers came first for 30 seconds, `aborted` when the signal ends it.
   * @example
   * ```ts
   * import { memoryStore } from "edge-key-value";
   *
   * const store = memoryStore();
   * await store.update<string[]>("tags", (tags) => [...(tags ?? []), "new"]); // => ["new"]
   * await store.update("tags", () => null); // => null
   * ```
   */
  update<T = unknown>(
    key: string,
    change: (value: T | null) => T | null | undefined | Promise<T | null | undefined>,
    options?: AtomicPutOptions,
  ): Promise<T | null>;

  /**
   * Adds `by` (default 1) to a number, in one atomic step. Returns the sum; a missing entry counts as 0.
   *
   * `ttl` (seconds) is for an entry that this call creates: an existing entry keeps its deadline.
   *
   * @throws KeyValueError `not_a_number` when the value is not a number, `out_of_range` when the sum is beyond 2^53 - 1,
   * where numbers are no longer exact.
   * @example
   * ```ts
   * import { memoryStore } from "edge-key-value";
   *
   * const store = memoryStore();
   * await store.increment("attempts", 1, { ttl: 60 }); // => 1
   * await store.increment("attempts"); // => 2
   * ```
   */
  increment(key: string, by?: number, options?: AtomicPutOptions): Promise<number>;

  /**
   * Moves the deadline of an entry and leaves its value alone. Returns whether there was an entry.
   *
   * @param ttl Seconds from now, or `null` for an entry that never expires.
   */
  touch(key: string, ttl: number | null, options?: AtomicOptions): Promise<boolean>;

  /** Reads a value with the version of its entry, past every cache. Returns `null` if there is no entry. */
  getWithVersion<T = unknown>(key: string, options?: CollectionOptions): Promise<ValueWithVersion<T> | null>;

  /**
   * Writes a value if the entry still has this version; with `null`, if there is no entry. Returns the new version, or `null` if
   * nothing was written.
   *
   * @example
   * ```ts
   * import { memoryStore } from "edge-key-value";
   *
   * const store = memoryStore();
   * const version = await store.putIfVersion("page", { text: "first" }, null);
   * if (version !== null) await store.putIfVersion("page", { text: "second" }, version);
   * await store.putIfVersion("page", { text: "too late" }, version); // => null
   * ```
   */
  putIfVersion(key: string, value: unknown, version: string | null, options?: PutOptions): Promise<string | null>;

  /** Removes an entry if it still has this version. Returns whether it was removed. */
  deleteIfVersion(key: string, version: string, options?: CollectionOptions): Promise<boolean>;
}
