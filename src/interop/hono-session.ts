import type { AsyncKeyValue } from "../core/protocol.ts";
import { DEFAULT_TTL, type SessionStoreOptions, sessionsIn, worthMoving } from "./internal/sessions.ts";

export type { SessionStoreOptions } from "./internal/sessions.ts";

/** Options of {@link honoSessionStorage}. */
export interface HonoSessionOptions extends SessionStoreOptions {
  /** Seconds a session lives after it was last used. Default: two weeks. */
  readonly ttl?: number | undefined;
}

/** The `Storage` of `@hono/session`, for one request. */
export interface HonoSessionStorage {
  get<T>(sid: string): Promise<T | null>;
  set(sid: string, data: unknown): Promise<unknown>;
  delete(sid: string): Promise<unknown>;
}

/** The part of Hono's context that the middleware needs. */
export interface HonoContext {
  set(name: "sessionStorage", storage: HonoSessionStorage): void;
}

/** The part of Hono's context, behind `useSession()`, that {@link rotateSession} and {@link endSession} need. */
export interface HonoSessionContext<Data> {
  readonly var: {
    readonly session: {
      readonly id: string | null;
      get(): Promise<unknown>;
      update(data: Data): Promise<void>;
      delete(): void;
    };
    readonly sessionStorage?: { delete(sid: string): unknown } | undefined;
  };
}

/**
 * Keeps the sessions of `@hono/session` in a store: middleware that takes the place of `useSessionStorage()`.
 *
 * ```ts
 * app.use(honoSessionStorage(store, { ttl: 1800 }), useSession({ secret }));
 * ```
 *
 * A request that reads its session lets it live on for `ttl` seconds, written at most once a minute. Writes are waited
 * for before the response goes out, and their failures reach Hono's `onError`. What a request saves is dropped when the
 * session has ended since it was read.
 *
 * @throws KeyValueError `misconfigured` when the store is not strongly consistent and `allowEventual` is not set.
 */
export function honoSessionStorage(
  store: AsyncKeyValue,
  { ttl = DEFAULT_TTL, ...options }: HonoSessionOptions = {},
): (c: HonoContext, next: () => Promise<void>) => Promise<void> {
  const sessions = sessionsIn(store, options);

  /** Reads a session and moves its deadline. */
  async function visit<T>(sid: string): Promise<T | null> {
    const found = await sessions.read<T>(sid);
    if (!found) return null;
    const live = !worthMoving(found.ttl, ttl) || (await sessions.change<T>(sid, (data) => data, ttl));
    return live ? found.value : null;
  }

  return async (c, next) => {
    const known = new Map<string, Promise<unknown>>();
    const writes: Promise<unknown>[] = [];
    // @hono/session does not wait for what it writes. Without a handler here a failure would count as unhandled.
    const written = (write: Promise<unknown>): Promise<unknown> => {
      writes.push(write);
      write.catch(() => {});
      return write;
    };

    c.set("sessionStorage", {
      get<T>(sid: string) {
        const data = known.get(sid) ?? visit<T>(sid);
        known.set(sid, data);
        return data as Promise<T | null>;
      },
      // An id that this request has not read is a new one.
      set: (sid, data) =>
        written(known.has(sid) ? sessions.change(sid, () => data, ttl) : sessions.create(sid, data, ttl)),
      delete(sid) {
        known.set(sid, Promise.resolve(null));
        return written(sessions.end(sid));
      },
    });
    await next();
    await Promise.all(writes);
  };
}

/**
 * Puts data into a session under a new id, and ends the one before: for every sign-in and change of rights.
 *
 * An id that somebody else planted, or has seen, is worth nothing afterwards.
 */
export async function rotateSession<Data>(c: HonoSessionContext<Data>, data: Data): Promise<void> {
  const { session, sessionStorage } = c.var;
  const there = (await session.get()) !== null;
  // Without its data @hono/session takes the session for a new one, and gives it an id.
  if (there && session.id !== null) await sessionStorage?.delete(session.id);
  await session.update(data);
}

/**
 * Ends a session, in the store too: for sign-out.
 *
 * `c.var.session.delete()` alone only removes the cookie when the session has not been read in the same request.
 */
export async function endSession(c: HonoSessionContext<never>): Promise<void> {
  await c.var.session.get();
  c.var.session.delete();
}
