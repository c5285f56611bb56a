import type { AsyncKeyValue } from "../../core/protocol.ts";
import { throughJson } from "./json.ts";
import { secondsUntil } from "./lifetimes.ts";
import { merged, type Snapshot, snapshotOf } from "./merge.ts";
import { DEFAULT_TTL, type MergingSessionOptions, sessionsIn, worthMoving } from "./sessions.ts";

/** Options of a bridge for sessions that have a cookie in their data. */
export interface CookieSessionOptions extends MergingSessionOptions {
  /** How many seconds a session lives after its last use if its cookie has no `maxAge`. Default: two weeks. */
  readonly ttl?: number | undefined;
}

/** The part of a session that a store needs. */
export interface CookieSession {
  readonly cookie: { readonly expires?: Date | string | null | undefined };
}

/** How a session layer is told the outcome of an operation. */
export type SessionCallback = (error?: unknown, result?: never) => void;

/** What a request has read of a session. */
export interface Known {
  readonly base: Snapshot | undefined;
  /** The seconds that it had left. */
  readonly left: number | null;
}

/** A session that was read. */
interface FoundSession {
  readonly data: object;
  /** The seconds that it has left. */
  readonly left: number | null;
}

/** A session as it is stored. */
type Stored = Record<string, unknown> & { readonly cookie?: Record<string, unknown> };

/** Sessions that live as long as their cookie. What a request has read of a session decides what its save may do. */
export interface CookieSessions {
  get(sid: string): Promise<FoundSession | null>;
  knownOf(found: FoundSession): Known;
  /** Says what a request has read of the session that it is going to save. */
  remember(session: object, known: Known): void;
  /** Saves a session: a new one, or the changes to one that was read, unless that has ended meanwhile. */
  set(sid: string, session: CookieSession): Promise<void>;
  touch(sid: string, session: CookieSession): Promise<void>;
  end(sid: string): Promise<boolean>;
}

export function cookieSessions(
  store: AsyncKeyValue,
  { ttl = DEFAULT_TTL, merge = true, ...options }: CookieSessionOptions,
): CookieSessions {
  const sessions = sessionsIn(store, options);
  const known = new WeakMap<object, Known>();

  function secondsOf({ cookie: { expires } }: CookieSession): number {
    return expires ? secondsUntil(new Date(expires)) : ttl;
  }

  return {
    async get(sid) {
      const found = await sessions.read<Stored>(sid);
      return found && { data: { ...found.value, cookie: cookieOf(found.value, found.ttl) }, left: found.ttl };
    },
    knownOf: ({ data, left }) => ({ base: merge ? snapshotOf(data) : undefined, left }),
    remember: (session, what) => void known.set(session, what),
    async set(sid, session) {
      const seconds = secondsOf(session);
      if (seconds <= 0) return void (await sessions.end(sid));
      const data = throughJson(session) as Stored;
      const before = known.get(session);
      if (before) await sessions.change<Stored>(sid, (there) => merged(there, data, before.base), seconds);
      else await sessions.create(sid, data, seconds);
      // Not sooner: if this save fails, the next one has to store its changes too.
      known.set(session, { base: merge ? snapshotOf(data) : undefined, left: seconds });
    },
    async touch(sid, session) {
      const seconds = secondsOf(session);
      if (seconds <= 0) await sessions.end(sid);
      else if (worthMoving(known.get(session)?.left ?? null, seconds)) await sessions.extend(sid, seconds);
    },
    end: (sid) => sessions.end(sid),
  };
}

/** Tells a callback how an operation ended. */
export function settle(work: Promise<unknown>, callback?: SessionCallback): void {
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
