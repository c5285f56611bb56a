import { KeyValueError } from "../core/errors.ts";
import type { AsyncKeyValue, CollectionOptions, ValueWithTtl } from "../core/protocol.ts";

/** The reads of a store, without `null` in their results. */
export interface RequiredReads {
  get<T = unknown>(key: string, options?: CollectionOptions): Promise<T>;
  getMany<T = unknown>(keys: readonly string[], options?: CollectionOptions): Promise<T[]>;
  ttl<T = unknown>(key: string, options?: CollectionOptions): Promise<ValueWithTtl<T>>;
  ttlMany<T = unknown>(keys: readonly string[], options?: CollectionOptions): Promise<ValueWithTtl<T>[]>;
}

type Method = (...args: never[]) => Promise<unknown>;

/** What {@link required} takes: a store, or a `typed` view of one. */
export interface Readable {
  readonly defaultCollection?: string | undefined;
  readonly get: Method;
  readonly getMany: Method;
  readonly ttl: Method;
  readonly ttlMany: Method;
}

type Present<R> = R extends readonly (infer T)[] ? NonNullable<T>[] : NonNullable<R>;

/** What {@link required} makes: reads return a value or throw; every other method is that of the store. */
export type RequiredStore<S extends Readable> = Omit<Pick<S, keyof S & string>, keyof RequiredReads | "~capabilities"> &
  (S extends AsyncKeyValue
    ? RequiredReads
    : {
        [M in keyof RequiredReads]: (...args: Parameters<S[M]>) => Promise<Present<Awaited<ReturnType<S[M]>>>>;
      });

/** How many missing keys a message names, and how much of each. */
const NAMED_KEYS = 10;
const NAMED_LENGTH = 100;

/**
 * Makes a view of a store whose `get`, `getMany`, `ttl` and `ttlMany` throw where the store returns `null`.
 *
 * The error is a KeyValueError with code `not_found`; its message and `failed` name the missing keys. All other methods are
 * those of the store: `take` and `update` still return `null`, since they expect that an entry may be missing. The store may
 * be a `typed` view; its types and defaults are kept.
 *
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { required } from "edge-key-value/views/required";
 *
 * const settings = required(memoryStore());
 * await settings.put("theme", "dark");
 * const theme: string = await settings.get("theme");
 * ```
 */
export function required<S extends Readable>(store: S): RequiredStore<S> {
  async function read(method: keyof RequiredReads, keys: string | readonly string[], options?: CollectionOptions) {
    const isBulk = Array.isArray(keys);
    // The caller may change its list while the store reads.
    const asked: readonly string[] = isBulk ? [...keys] : [keys as string];
    const found: unknown = await store[method](...([keys, options] as never[]));
    const results = isBulk ? (found as readonly unknown[]) : [found];
    const missing = [...new Set(asked.filter((_, i) => (results[i] ?? null) === null))];
    if (missing.length === 0) return found;
    throw notFound(missing, options?.collection ?? store.defaultCollection);
  }

  const view: Record<PropertyKey, unknown> = {
    get: (key: string, options?: CollectionOptions) => read("get", key, options),
    getMany: (keys: readonly string[], options?: CollectionOptions) => read("getMany", keys, options),
    ttl: (key: string, options?: CollectionOptions) => read("ttl", key, options),
    ttlMany: (keys: readonly string[], options?: CollectionOptions) => read("ttlMany", keys, options),
  };
  // A class has its methods on its prototype, and they need their `this`.
  for (let at: object = store; Object.getPrototypeOf(at); at = Object.getPrototypeOf(at)) {
    for (const name of Reflect.ownKeys(at)) {
      if (name === "constructor" || name in view) continue;
      const value: unknown = Reflect.get(store, name);
      view[name] = typeof value === "function" ? value.bind(store) : value;
    }
  }
  return view as RequiredStore<S>;
}

function notFound(missing: readonly string[], collection: string | undefined): KeyValueError {
  const names = missing.slice(0, NAMED_KEYS).map((key) => JSON.stringify(key.slice(0, NAMED_LENGTH)));
  const more = missing.length > NAMED_KEYS ? ", …" : "";
  const details = { collection, key: missing[0], failed: missing };
  return new KeyValueError("not_found", `there is no entry under ${names.join(", ")}${more}`, details);
}
