import type { AsyncKeyValue } from "../core/protocol.ts";
import {
  type CookieSession,
  type CookieSessionOptions,
  cookieSessions,
  type Known,
  type SessionCallback,
  settle,
} from "./internal/cookie-sessions.ts";

export type { CookieSession, SessionCallback } from "./internal/cookie-sessions.ts";
export type { MergingSessionOptions, SessionStoreOptions } from "./internal/sessions.ts";

/** Options of {@link fastifySessionStore}. */
export interface FastifySessionOptions extends CookieSessionOptions {}

/** The methods that `@fastify/session` asks of a store. */
export interface FastifySessionMethods {
  get(sid: string, callback: SessionCallback): void;
  set(sid: string, session: CookieSession, callback: SessionCallback): void;
  destroy(sid: string, callback: SessionCallback): void;
}

/**
 * Carries what a request has read from `get` to `set`. `@fastify/session` makes a session of its own and copies to it what it
 * gets, inherited properties too. The value is a function, which JSON leaves out.
 */
const READ = "~read";

/**
 * Keeps the sessions of `@fastify/session` in a store.
 *
 * A session lives as long as its cookie (`maxAge` or `expires`), else for `ttl` seconds. If a session ends while a request
 * uses it, what that request saves is dropped. Requests that change different properties of one session at the same time do
 * not lose each other's changes.
 *
 * The store must be strongly consistent. With atomic operations (memory, Durable Objects, Redis), sign-out and merging
 * hold exactly; without them, up to the few milliseconds between a read and a write.
 *
 * @throws KeyValueError `misconfigured` when the store is not strongly consistent and `allowEventual` is not set.
 * @example
 * ```ts
 * import cookie from "@fastify/cookie";
 * import session from "@fastify/session";
 * import { memoryStore } from "edge-key-value";
 * import { fastifySessionStore } from "edge-key-value/interop/fastify-session";
 * import fastify from "fastify";
 *
 * const app = fastify();
 * app.register(cookie);
 * app.register(session, {
 *   store: fastifySessionStore(memoryStore()),
 *   secret: "32 or more characters from your configuration",
 *   cookie: { maxAge: 30 * 60 * 1000 },
 *   saveUninitialized: false,
 * });
 * ```
 */
export function fastifySessionStore(store: AsyncKeyValue, options: FastifySessionOptions = {}): FastifySessionMethods {
  const sessions = cookieSessions(store, options);

  async function get(sid: string): Promise<object | null> {
    const found = await sessions.get(sid);
    if (!found) return null;
    const known = sessions.knownOf(found);
    return Object.create({ [READ]: () => known }, Object.getOwnPropertyDescriptors(found.data));
  }

  async function set(sid: string, session: CookieSession): Promise<void> {
    const { [READ]: read } = session as { [READ]?: () => Known };
    if (typeof read === "function") {
      sessions.remember(session, read());
      // From here on, the session that was saved is what the request knows.
      delete (session as { [READ]?: () => Known })[READ];
    }
    await sessions.set(sid, session);
  }

  return {
    get: (sid, callback) => settle(get(sid), callback),
    set: (sid, session, callback) => settle(set(sid, session), callback),
    destroy: (sid, callback) => settle(sessions.end(sid), callback),
  };
}
