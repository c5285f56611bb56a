import { KeyValueError } from "../../core/errors.ts";
import type { AsyncKeyValue, ValueWithTtl } from "../../core/protocol.ts";
import { supports, toDriver } from "../../core/store.ts";

/** Options of every session bridge. */
export interface SessionStoreOptions {
  /** The collection of the sessions. Default: `"sessions"`; for better-auth `"better-auth"`. */
  readonly collection?: string | undefined;
  /**
   * Accepts an eventually consistent store, where an ended session may stay valid in other places for a while: on Workers
   * KV for a minute or more. A request there that saves or extends it brings it back. Default: such a store is refused.
   */
  readonly allowEventual?: boolean | undefined;
}

/** Options of a session bridge that can merge. */
export interface MergingSessionOptions extends SessionStoreOptions {
  /**
   * Merges the changes of requests that use one session at the same time: changes of different properties all survive,
   * and of one property the last change does. `false`: the last request to save replaces the whole session. Default:
   * `true`.
   */
  readonly merge?: boolean | undefined;
}

/** The sessions in a store. */
export interface Sessions {
  read<T>(id: string): Promise<ValueWithTtl<T> | null>;
  create(id: string, data: unknown, ttl: number): Promise<void>;
  /**
   * Changes a session unless it has ended; returns whether it did.
   *
   * Without `swap` this is a read and then a write: a session that ends between the two comes back.
   */
  change<T>(id: string, change: (data: T) => T, ttl: number): Promise<boolean>;
  /** Gives a session another `ttl` seconds unless it has ended; returns whether it did. */
  extend(id: string, ttl: number): Promise<boolean>;
  /** Removes a session and returns its data; of many callers one receives it where the store has `swap`. */
  take<T>(id: string): Promise<T | null>;
  /** Removes a session; returns false if it had already ended. */
  end(id: string): Promise<boolean>;
}

/**
 * Refuses an eventually consistent store unless the caller allows it.
 *
 * @throws KeyValueError `misconfigured`.
 */
export function requireConsistency(store: AsyncKeyValue, { allowEventual }: SessionStoreOptions): void {
  const { name, consistency } = toDriver(store);
  if (consistency === "strong" || allowEventual === true) return;
  const message = "sessions need a strongly consistent store, or allowEventual: an ended session could stay valid";
  throw new KeyValueError("misconfigured", message, { store: name });
}

/** Keeps sessions in a collection of a store. */
export function sessionsIn(store: AsyncKeyValue, options: SessionStoreOptions): Sessions {
  requireConsistency(store, options);
  const { collection = "sessions" } = options;

  async function change<T>(id: string, change: (data: T) => T, ttl: number): Promise<boolean> {
    const unlessEnded = (data: T | null) => (data === null ? undefined : change(data));
    if (supports(store, "swap")) return (await store.update<T>(id, unlessEnded, { collection, ttl })) !== null;
    const data = await store.get<T>(id, { collection });
    if (data !== null) await store.put(id, change(data), { collection, ttl });
    return data !== null;
  }

  return withoutIds<Sessions>({
    read: (id) => store.ttl(id, { collection }),
    create: (id, data, ttl) => store.put(id, data, { collection, ttl }),
    change,
    extend: (id, ttl) =>
      supports(store, "swap") ? store.touch(id, ttl, { collection }) : change(id, (data) => data, ttl),
    async take<T>(id: string) {
      if (supports(store, "swap")) return store.take<T>(id, { collection });
      const data = await store.get<T>(id, { collection });
      return (await store.delete(id, { collection })) ? data : null;
    },
    end: (id) => store.delete(id, { collection }),
  });
}

/**
 * Removes keys from the errors of methods, and causes, which may contain keys as well. Errors end up in logs, and a
 * session's id is enough to take the session over.
 */
export function withoutIds<Methods extends object>(methods: Methods): Methods {
  const quiet = Object.entries(methods).map(([name, method]) => {
    const call = async (...args: unknown[]): Promise<unknown> => {
      try {
        return await method(...args);
      } catch (error) {
        if (!(error instanceof KeyValueError)) throw error;
        const { key: _, failed: __, cause: ___, ...details } = error;
        throw new KeyValueError(error.code, error.message, details);
      }
    };
    return [name, call];
  });
  return Object.fromEntries(quiet) as Methods;
}

/** Whether to extend a session with `left` of its `ttl` seconds left: at most once a minute. */
export function worthMoving(left: number | null, ttl: number): boolean {
  return left === null || left < ttl - Math.min(60, ttl / 10);
}

/** How many seconds a session lives after its last use by default: two weeks. */
export const DEFAULT_TTL = 1_209_600;
