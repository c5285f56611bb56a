import { KeyValueError } from "../core/errors.ts";
import type { AsyncKeyValue, CollectionOptions, ValueWithTtl } from "../core/protocol.ts";

/** The reads of a store, with no `null` in what they answer. */
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

/** What {@link required} makes: the reads answer or throw, every other method is that of the store. */
export type RequiredStore<S extends Readable> = Omit<Pick<S, keyof S & string>, keyof RequiredReads> &
  (S extends AsyncKeyValue
    ? RequiredReads
    : {
        [M in keyof RequiredReads]: (...args: Parameters<S[M]>) => Promise<Present<Awaited<ReturnType<S[M]>>>>;
      });

/**
 * A view of a store whose `get`, `getMany`, `ttl` and `ttlMany` throw where the store answers `null`.
 *
 * The error is a KeyValueError `not_found`; of a bulk its message and `failed` name the missing keys. All other methods
 * are the store's own: `take` and `update` still know `null`, since to them a missing entry is nothing unusual. The store
 * may be a `typed` view; types and defaults are kept.
 */
export function required<S extends Readable>(store: S): RequiredStore<S> {
  async function read(method: keyof RequiredReads, keys: string | readonly string[], options?: CollectionOptions) {
    const asked: readonly string[] = typeof keys === "object" ? [...keys] : [keys];
    const found: unknown = await store[method](...([keys, options] as never[]));
    const answers = typeof keys === "object" ? (found as unknown[]) : [found];
    const failed = [...new Set(asked.filter((_, i) => (answers[i] ?? null) === null))];
    if (failed.length === 0) return found;
    const names = failed.slice(0, 10).map((key) => JSON.stringify(key.slice(0, 100)));
    const message = `there is no entry under ${names.join(", ")}${failed.length > 10 ? ", …" : ""}`;
    const collection = options?.collection ?? store.defaultCollection;
    throw new KeyValueError("not_found", message, { collection, key: failed[0], failed });
  }

  const view: Record<PropertyKey, unknown> = {};
  for (const method of ["get", "getMany", "ttl", "ttlMany"] as const) {
    view[method] = (keys: string | readonly string[], options?: CollectionOptions) => read(method, keys, options);
  }
  // The methods of somebody's class are on its prototype, and need their `this`.
  for (let at: object = store; Object.getPrototypeOf(at); at = Object.getPrototypeOf(at)) {
    for (const name of Reflect.ownKeys(at)) {
      if (name === "constructor" || name in view) continue;
      const value: unknown = Reflect.get(store, name);
      view[name] = typeof value === "function" ? value.bind(store) : value;
    }
  }
  return view as RequiredStore<S>;
}
