import type { AsyncKeyValue } from "../core/protocol.ts";
import { merged, type Snapshot, snapshotOf } from "./internal/merge.ts";
import { DEFAULT_TTL, type MergingSessionOptions, sessionsIn, worthMoving } from "./internal/sessions.ts";

export type { MergingSessionOptions, SessionStoreOptions } from "./internal/sessions.ts";

/** Options of {@link honoSessionStorage}. */
export interface HonoSessionOptions extends MergingSessionOptions {
  /** How many seconds a session lives after its last use. Default: two weeks. */
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
 * Makes middleware that keeps the sessions of `@hono/session` in a store. Use it instead of `useSessionStorage()`.
 *
 * Reading a session extends it to `ttl` seconds from now, with at most one write a minute. The middleware waits for all
 * writes before the response is sent, and their errors reach Hono's `onError`. If a session ends while a request uses
 * it, what that request saves is dropped. Requests that change different properties of one session at the same time do
 * not lose each other's changes.
 *
 * @throws KeyValueError `misconfigured` when the store is not strongly consistent and `allowEventual` is not set.
 * @example
 * ```ts
 * import { type SessionEnv, useSession } from "@hono/session";
 * import { memoryStore } from "edge-key-value";
 * import { honoSessionStorage } from "edge-key-value/interop/hono-session";
 * import { Hono } from "hono";
 *
 * const app = new Hono<SessionEnv>();
 * const secret = "at least 32 characters, from your configuration";
 * app.use(honoSessionStorage(memoryStore(), { ttl: 1800 }), useSession({ secret }));
 * ```
 */
export function honoSessionStorage(
  store: AsyncKeyValue,
  { ttl = DEFAULT_TTL, merge = true, ...options }: HonoSessionOptions = {},
): (c: HonoContext, next: () => Promise<void>) => Promise<void> {
  const sessions = sessionsIn(store, options);

  /** Reads a session and extends it. */
  async function visit<T>(sid: string): Promise<T | null> {
    const found = await sessions.read<T>(sid);
    if (!found) return null;
    const live = !worthMoving(found.ttl, ttl) || (await sessions.extend(sid, ttl));
    return live ? found.value : null;
  }

  return async (c, next) => {
    const known = new Map<string, Promise<unknown>>();
    const bases = new Map<string, Snapshot | undefined>();
    const writes: Promise<unknown>[] = [];
    // @hono/session does not await its writes. Without this handler, a failed write would be an unhandled rejection.
    const written = (write: Promise<unknown>): Promise<unknown> => {
      writes.push(write);
      write.catch(() => {});
      return write;
    };

    async function read<T>(sid: string): Promise<T | null> {
      const data = await visit<T>(sid);
      if (merge) bases.set(sid, snapshotOf(data));
      return data;
    }

    c.set("sessionStorage", {
      get<T>(sid: string) {
        const data = known.get(sid) ?? read<T>(sid);
        known.set(sid, data);
        return data as Promise<T | null>;
      },
      set(sid, data) {
        // If this request has not read an id, the id is new.
        if (!known.has(sid)) return written(sessions.create(sid, data, ttl));
        const base = bases.get(sid);
        if (merge) bases.set(sid, snapshotOf(data));
        return written(sessions.change(sid, (there) => merged(there, data, base), ttl));
      },
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
 * Moves a session to a new id with new data, and ends the old one. Call it at every sign-in and change of privileges.
 *
 * Afterwards, an id that an attacker planted or saw is useless.
 *
 * @example
 * ```ts
 * import type { SessionEnv } from "@hono/session";
 * import { rotateSession } from "edge-key-value/interop/hono-session";
 * import { Hono } from "hono";
 *
 * const app = new Hono<SessionEnv<{ user: string }>>();
 * app.post("/sign-in", async (c) => {
 *   // Check the password here.
 *   await rotateSession(c, { user: "alice" });
 *   return c.redirect("/", 303);
 * });
 * ```
 */
export async function rotateSession<Data>(c: HonoSessionContext<Data>, data: Data): Promise<void> {
  const { session, sessionStorage } = c.var;
  const there = (await session.get()) !== null;
  // Once its data is gone, @hono/session treats the session as new and gives it another id.
  if (there && session.id !== null) await sessionStorage?.delete(session.id);
  await session.update(data);
}

/**
 * Ends a session, both its cookie and its entry in the store. Call it to sign a user out.
 *
 * `c.var.session.delete()` alone leaves the entry in the store unless the same request has read the session.
 *
 * @example
 * ```ts
 * import type { SessionEnv } from "@hono/session";
 * import { endSession } from "edge-key-value/interop/hono-session";
 * import { Hono } from "hono";
 *
 * const app = new Hono<SessionEnv>();
 * app.post("/sign-out", async (c) => {
 *   await endSession(c);
 *   return c.redirect("/", 303);
 * });
 * ```
 */
export async function endSession(c: HonoSessionContext<never>): Promise<void> {
  await c.var.session.get();
  c.var.session.delete();
}
