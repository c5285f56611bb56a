import { KeyValueError } from "../../core/errors.ts";
import type { AsyncKeyValue, ValueWithTtl } from "../../core/protocol.ts";
import { supports, toDriver } from "../../core/store.ts";

/** Options of every session bridge. */
export interface SessionStoreOptions {
  /** The collection of the sessions. Default: `"sessions"`; for better-auth `"better-auth"`. */
  readonly collection?: string | undefined;
  /**
   * Accepts an eventually consistent store, where an ended session may stay valid in other places for a while: on Workers
   * KV for a minute or more. Default: such a store is refused.
   */
  readonly allowEventual?: boolean | undefined;
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
  return withoutIds<Sessions>({
    read: (id) => store.ttl(id, { collection }),
    create: (id, data, ttl) => store.put(id, data, { collection, ttl }),
    async change<T>(id: string, change: (data: T) => T, ttl: number) {
      if (supports(store, "swap")) {
        const kept = await store.update<T>(id, (data) => (data === null ? undefined : change(data)), {
          collection,
          ttl,
        });
        return kept !== null;
      }
      const data = await store.get<T>(id, { collection });
      if (data !== null) await store.put(id, change(data), { collection, ttl });
      return data !== null;
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
