import { KeyValueError } from "../../core/errors.ts";
import type { AsyncKeyValue, ValueWithTtl } from "../../core/protocol.ts";
import { supports, toDriver } from "../../core/store.ts";

/** Options of every adapter for sessions. */
export interface SessionStoreOptions {
  /** The collection that the sessions are kept in. Default: `"sessions"`. */
  readonly collection?: string | undefined;
  /**
   * Takes a store whose reads may lag behind its writes, in which a session that has ended lives on elsewhere for a
   * while: on Workers KV for up to a minute. Default: such a store is refused.
   */
  readonly allowEventual?: boolean | undefined;
}

/** Sessions as a store keeps them. */
export interface Sessions {
  read<T>(id: string): Promise<ValueWithTtl<T> | null>;
  create(id: string, data: unknown, ttl: number): Promise<void>;
  /**
   * Changes a session that is still there; false when it has ended, and then nothing is written.
   *
   * Without `swap` it is a read and a write, and a session that ends between them is written once more.
   */
  change<T>(id: string, change: (data: T) => T, ttl: number): Promise<boolean>;
  /** Removes a session; false when it had ended before. */
  end(id: string): Promise<boolean>;
}

/**
 * Refuses a store that is not strongly consistent, unless the caller takes it as it is.
 *
 * @throws KeyValueError `misconfigured`.
 */
export function requireConsistency(store: AsyncKeyValue, { allowEventual }: SessionStoreOptions): void {
  const { name, consistency } = toDriver(store);
  if (consistency === "strong" || allowEventual === true) return;
  const message = "sessions need a strongly consistent store, or allowEventual: a session that has ended would live on";
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
 * Leaves keys out of the failures of methods, and causes, which may name them too: errors end up in logs, and whoever
 * reads the id of a session there could use it.
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

/** Whether moving the deadline of a session that has `left` of its `ttl` seconds is worth a write: at most one a minute. */
export function worthMoving(left: number | null, ttl: number): boolean {
  return left === null || left < ttl - Math.min(60, ttl / 10);
}

/** Two weeks, in seconds: how long a session lives after its last use where nobody says. */
export const DEFAULT_TTL = 1_209_600;
