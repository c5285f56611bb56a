import type { AsyncKeyValue } from "../core/protocol.ts";
import { supports } from "../core/store.ts";
import type { CookieSessionOptions } from "./internal/cookie-sessions.ts";
import { type CookieSession, cookieSessions, type SessionCallback, settle } from "./internal/cookie-sessions.ts";

export type { CookieSession, SessionCallback } from "./internal/cookie-sessions.ts";
export type { MergingSessionOptions, SessionStoreOptions } from "./internal/sessions.ts";

/** Options of {@link expressSessionStore}. */
export interface ExpressSessionOptions extends CookieSessionOptions {}

/** The part of `session.Store` that the bridge builds on. */
export interface ExpressBaseStore {
  createSession(request: never, data: never): object;
}

/** The methods that express-session asks of a store. */
export interface ExpressSessionMethods {
  get(sid: string, callback: SessionCallback): void;
  set(sid: string, session: CookieSession, callback?: SessionCallback): void;
  destroy(sid: string, callback?: SessionCallback): void;
  /** Moves the deadline of a session and leaves its data as it is. */
  touch(sid: string, session: CookieSession, callback?: SessionCallback): void;
  /** Removes all sessions. Only if the store can. */
  clear?(callback?: SessionCallback): void;
}

/** Carries the seconds that a session has left, from `get` to `createSession`. */
const LEFT = Symbol("left");

/**
 * Keeps the sessions of `express-session` in a store. `Store` is that package's class: `session.Store`.
 *
 * A session lives as long as its cookie (`maxAge` or `expires`), else for `ttl` seconds. A request that changes nothing
 * moves the deadline (`touch`), with at most one write a minute. If a session ends while a request uses it, what that
 * request saves is dropped. Requests that change different properties of one session at the same time do not lose each
 * other's changes. Use it with `resave: false`.
 *
 * The store must be strongly consistent. With atomic operations (memory, Durable Objects, Redis), sign-out and merging
 * hold exactly; without them, up to the few milliseconds between a read and a write.
 *
 * @throws KeyValueError `misconfigured` when the store is not strongly consistent and `allowEventual` is not set.
 * @example
 * ```ts
 * import express from "express";
 * import session from "express-session";
 * import { memoryStore } from "edge-key-value";
 * import { expressSessionStore } from "edge-key-value/interop/express-session";
 *
 * const app = express();
 * app.use(
 *   session({
 *     store: expressSessionStore(session.Store, memoryStore()),
 *     secret: "from your configuration",
 *     cookie: { maxAge: 30 * 60 * 1000 },
 *     resave: false,
 *     saveUninitialized: false,
 *   }),
 * );
 * ```
 */
export function expressSessionStore<Base extends ExpressBaseStore>(
  Store: abstract new () => Base,
  store: AsyncKeyValue,
  options: ExpressSessionOptions = {},
): Base & ExpressSessionMethods {
  const sessions = cookieSessions(store, options);
  const base = Reflect.construct(Store, []) as Base;
  const createSession = base.createSession.bind(base) as (request: unknown, data: object) => object;

  async function get(sid: string): Promise<object | null> {
    const found = await sessions.get(sid);
    return found && { ...found.data, [LEFT]: found.left };
  }

  const methods: ExpressSessionMethods & ExpressBaseStore = {
    get: (sid, callback) => settle(get(sid), callback),
    set: (sid, session, callback) => settle(sessions.set(sid, session), callback),
    destroy: (sid, callback) => settle(sessions.end(sid), callback),
    touch: (sid, session, callback) => settle(sessions.touch(sid, session), callback),
    ...(supports(store, "destroyCollection") && {
      clear: (callback) => settle(store.destroyCollection({ collection: options.collection ?? "sessions" }), callback),
    }),
    createSession(request, data: { readonly [LEFT]?: number | null }) {
      const known = sessions.knownOf({ data, left: data[LEFT] ?? null });
      const session = createSession(request, data);
      sessions.remember(session, known);
      return session;
    },
  };
  return Object.assign(base, methods);
}
