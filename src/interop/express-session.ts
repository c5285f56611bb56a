import type { AsyncKeyValue } from "../core/protocol.ts";
import { supports } from "../core/store.ts";
import { throughJson } from "./internal/json.ts";
import { secondsUntil } from "./internal/lifetimes.ts";
import { merged, type Snapshot, snapshotOf } from "./internal/merge.ts";
import { DEFAULT_TTL, type MergingSessionOptions, sessionsIn, worthMoving } from "./internal/sessions.ts";

export type { MergingSessionOptions, SessionStoreOptions } from "./internal/sessions.ts";

/** Options of {@link expressSessionStore}. */
export interface ExpressSessionOptions extends MergingSessionOptions {
  /** How many seconds a session lives after its last use if its cookie has no `maxAge`. Default: two weeks. */
  readonly ttl?: number | undefined;
}

/** The part of express-session's `SessionData` that a store needs. */
export interface ExpressSessionData {
  readonly cookie: { readonly expires?: Date | string | null | undefined };
}

/** How express-session is told the outcome of an operation. */
export type ExpressCallback = (error?: unknown, result?: never) => void;

/** The part of `session.Store` that the bridge builds on. */
export interface ExpressBaseStore {
  createSession(request: never, data: never): object;
}

/** The methods that express-session asks of a store. */
export interface ExpressSessionMethods {
  get(sid: string, callback: ExpressCallback): void;
  set(sid: string, session: ExpressSessionData, callback?: ExpressCallback): void;
  destroy(sid: string, callback?: ExpressCallback): void;
  /** Moves the deadline of a session and leaves its data as it is. */
  touch(sid: string, session: ExpressSessionData, callback?: ExpressCallback): void;
  /** Removes all sessions. Only if the store can. */
  clear?(callback?: ExpressCallback): void;
}

/** A session as it is stored. */
type Stored = Record<string, unknown> & { readonly cookie?: Record<string, unknown> };

/** What a request has read. */
interface Known {
  readonly base: Snapshot | undefined;
  /** The seconds that it had left. */
  readonly left: number | null;
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
  { ttl = DEFAULT_TTL, merge = true, ...options }: ExpressSessionOptions = {},
): Base & ExpressSessionMethods {
  const sessions = sessionsIn(store, options);
  const known = new WeakMap<object, Known>();

  async function get(sid: string): Promise<object | null> {
    const found = await sessions.read<Stored>(sid);
    return found && { ...found.value, cookie: cookieOf(found.value, found.ttl), [LEFT]: found.ttl };
  }

  async function set(sid: string, session: ExpressSessionData): Promise<void> {
    const seconds = secondsOf(session);
    if (seconds <= 0) return void (await sessions.end(sid));
    const data = throughJson(session) as Stored;
    const before = known.get(session);
    known.set(session, { base: merge ? snapshotOf(data) : undefined, left: seconds });
    if (!before) return sessions.create(sid, data, seconds);
    await sessions.change<Stored>(sid, (there) => merged(there, data, before.base), seconds);
  }

  async function touch(sid: string, session: ExpressSessionData): Promise<void> {
    const seconds = secondsOf(session);
    if (seconds <= 0) await sessions.end(sid);
    else if (worthMoving(known.get(session)?.left ?? null, seconds)) await sessions.extend(sid, seconds);
  }

  function secondsOf({ cookie: { expires } }: ExpressSessionData): number {
    return expires ? secondsUntil(new Date(expires)) : ttl;
  }

  const base = Reflect.construct(Store, []) as Base;
  const createSession = base.createSession.bind(base) as (request: unknown, data: object) => object;
  const methods: ExpressSessionMethods & ExpressBaseStore = {
    get: (sid, callback) => settle(get(sid), callback),
    set: (sid, session, callback) => settle(set(sid, session), callback),
    destroy: (sid, callback) => settle(sessions.end(sid), callback),
    touch: (sid, session, callback) => settle(touch(sid, session), callback),
    ...(supports(store, "destroyCollection") && {
      clear: (callback) => settle(store.destroyCollection({ collection: options.collection ?? "sessions" }), callback),
    }),
    createSession(request, data: { readonly [LEFT]?: number | null }) {
      const read = merge ? snapshotOf(data) : undefined;
      const session = createSession(request, data);
      known.set(session, { base: read, left: data[LEFT] ?? null });
      return session;
    },
  };
  return Object.assign(base, methods);
}

/** Tells a callback how an operation ended. */
function settle(work: Promise<unknown>, callback?: ExpressCallback): void {
  const tell = callback as ((error: unknown, result?: unknown) => void) | undefined;
  work.then(
    (result) => tell?.(null, result),
    (error: unknown) => tell?.(error),
  );
}

/** The cookie of a stored session. Its expiry follows the deadline in the store, which `touch` has moved since. */
function cookieOf({ cookie }: Stored, left: number | null): Record<string, unknown> {
  const expires = cookie?.expires && left !== null ? new Date(Date.now() + left * 1000).toISOString() : cookie?.expires;
  return { ...cookie, expires };
}
