/** Where an operation looks. */
export interface CollectionOptions {
  /** The namespace of the key. Default: the store's `defaultCollection`, which is `"default_collection"` unless set. */
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

  /** Reads a value; `null` when there is none. */
  get<T = unknown>(key: string, options?: CollectionOptions): Promise<T | null>;

  /** Reads many values of a collection, aligned with `keys`: missing ones are `null`, a repeated key is repeated. */
  getMany<T = unknown>(keys: readonly string[], options?: CollectionOptions): Promise<(T | null)[]>;

  /** Reads a value and the seconds it has left; `null` when there is none. */
  ttl<T = unknown>(key: string, options?: CollectionOptions): Promise<ValueWithTtl<T> | null>;

  /** Reads many values with the seconds they have left, aligned with `keys`. */
  ttlMany<T = unknown>(keys: readonly string[], options?: CollectionOptions): Promise<(ValueWithTtl<T> | null)[]>;

  /**
   * Writes a value over whatever is there, TTL included. `StrictKeyValue` has this method with a type that refuses values
   * that JSON would change.
   *
   * @throws KeyValueError `not_serializable`, `invalid_ttl` or `too_large`, before anything is sent.
   */
  put(key: string, value: unknown, options?: PutOptions): Promise<void>;

  /** Writes many values with one TTL; of a repeated key the last value stays. Everything is checked before the first is sent. */
  putMany(entries: Iterable<readonly [key: string, value: unknown]>, options?: PutOptions): Promise<void>;

  /** Removes an entry; returns whether there was one that had not expired. */
  delete(key: string, options?: CollectionOptions): Promise<boolean>;

  /** Removes many entries; returns how many there were. A repeated key counts once. */
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
   * One page of a collection's keys. Expired entries are left out. Where the backend repeats names, as Redis may while it
   * grows, a later page can repeat a key of an earlier one; `keys` returns it once.
   */
  listKeys(options?: PageOptions & CollectionOptions): Promise<Page>;

  /**
   * Iterates over a collection's keys, page after page; it returns each key once, so it keeps the names that it has seen in
   * memory.
   */
  keys(options?: ListOptions & CollectionOptions): AsyncIterableIterator<string>;

  /** One page of the names of the collections that hold something. */
  listCollections(options?: PageOptions): Promise<Page>;

  /** Iterates over the names of the collections that hold something; returns each once. */
  collections(options?: ListOptions): AsyncIterableIterator<string>;

  /** Removes all of a collection; returns whether there was anything. */
  destroyCollection(options?: CollectionOptions): Promise<boolean>;

  /** Removes everything that this store owns; returns whether there was anything. */
  destroy(): Promise<boolean>;

  /** Reclaims the space of expired entries; returns how many there were. */
  cull(): Promise<number>;

  /** Writes a value unless there is one already; returns whether it wrote. Of many callers, exactly one gets `true`. */
  putIfAbsent(key: string, value: unknown, options?: AtomicPutOptions): Promise<boolean>;

  /** Reads a value and removes it in one step; of many callers exactly one gets it, the others get `null`. */
  take<T = unknown>(key: string, options?: AtomicOptions): Promise<T | null>;

  /**
   * Replaces a value by the result of `change`, and returns the value afterwards.
   *
   * `change` gets a copy of the value, or `null` when there is none. It returns the next value, `null` to delete, or
   * `undefined` to leave everything as it is; it may be async, and is called again when another writer came first, or
   * when the entry expired meanwhile. The entry keeps its deadline unless `ttl` is given.
   *
   * @throws KeyValueError `conflict` when other writers came first for 30 seconds, `aborted` when the signal ends it.
   */
  update<T = unknown>(
    key: string,
    change: (value: T | null) => T | null | undefined | Promise<T | null | undefined>,
    options?: AtomicPutOptions,
  ): Promise<T | null>;

  /**
   * Adds `by` (default 1) to a number and returns the sum; a missing entry counts as 0.
   *
   * `ttl` is for an entry that this call creates: an existing entry keeps its deadline.
   *
   * @throws KeyValueError `not_a_number` when the value is not a number, `out_of_range` when the sum is beyond 2^53 - 1,
   * where numbers are no longer exact.
   */
  increment(key: string, by?: number, options?: AtomicPutOptions): Promise<number>;

  /**
   * Moves the deadline of an entry and leaves its value alone; returns whether there was an entry.
   *
   * @param ttl Seconds from now, or `null` for an entry that never expires.
   */
  touch(key: string, ttl: number | null, options?: AtomicOptions): Promise<boolean>;

  /** Reads a value with the version of its entry, past every cache; `null` when there is none. */
  getWithVersion<T = unknown>(key: string, options?: CollectionOptions): Promise<ValueWithVersion<T> | null>;

  /**
   * Writes a value if the entry still has this version; `null` means if there is no entry. Returns the new version, or
   * `null` when the entry has another one.
   */
  putIfVersion(key: string, value: unknown, version: string | null, options?: PutOptions): Promise<string | null>;

  /** Removes an entry if it still has this version; returns whether it was removed. */
  deleteIfVersion(key: string, version: string, options?: CollectionOptions): Promise<boolean>;
}
