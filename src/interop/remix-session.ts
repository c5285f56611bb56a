import type { AsyncKeyValue } from "../core/protocol.ts";
import { DEFAULT_TTL, type SessionStoreOptions, sessionsIn, worthMoving } from "./internal/sessions.ts";

export type { SessionStoreOptions } from "./internal/sessions.ts";

/** Options of {@link remixSessionStorage}. */
export interface RemixSessionOptions extends SessionStoreOptions {
  /** Seconds a session lives after it was last used, as the cookie's `maxAge`. Default: two weeks. */
  readonly ttl?: number | undefined;
}

/** The part of a `Session` of `@remix-run/session` that storage needs. */
export interface RemixSession {
  readonly id: string;
  readonly data: readonly [values: object, flash: object];
  /** The id before `regenerateId(true)`. */
  readonly deleteId: string | undefined;
  readonly destroyed: boolean;
  readonly dirty: boolean;
}

/** The `SessionStorage` of `@remix-run/session`. */
export interface RemixSessionStorage<Session> {
  /** The session of a cookie; a new one, under a new id, when there is none in the store. */
  read(cookie: string | null): Promise<Session>;
  /** Keeps a session and gives the cookie to send: `""` removes it, `null` leaves it as it is. */
  save(session: Session): Promise<string | null>;
}

/** A session that was in the store when it was read, and the seconds it then had left. */
interface Known {
  readonly id: string;
  readonly left: number | null;
}

/**
 * Keeps the sessions of `@remix-run/session` in a store; `createSession` is the function of that package.
 *
 * ```ts
 * import { createSession } from "@remix-run/session";
 * const storage = remixSessionStorage(store, createSession, { ttl: 1800 });
 * ```
 *
 * Saving lets a session live on for `ttl` seconds also when nothing in it has changed, and then gives the cookie again,
 * at most once a minute. What is saved is dropped when the session has ended since it was read, under a regenerated id
 * too.
 *
 * @throws KeyValueError `misconfigured` when the store is not strongly consistent and `allowEventual` is not set.
 */
export function remixSessionStorage<Session extends RemixSession>(
  store: AsyncKeyValue,
  createSession: (id?: string, data?: never) => Session,
  { ttl = DEFAULT_TTL, ...options }: RemixSessionOptions = {},
): RemixSessionStorage<Session> {
  const sessions = sessionsIn(store, options);
  const known = new WeakMap<RemixSession, Known>();

  /** Whether the session under its old id is still there; ends it when that was asked for. */
  async function leave(old: Known, { deleteId }: Session): Promise<boolean> {
    return deleteId === undefined ? (await sessions.read(old.id)) !== null : sessions.end(old.id);
  }

  return {
    async read(cookie) {
      const found = cookie ? await sessions.read<Session["data"]>(cookie) : null;
      if (!cookie || !found) return createSession();
      const session = createSession(cookie, found.value as never);
      known.set(session, { id: cookie, left: found.ttl });
      return session;
    },

    async save(session) {
      const { id, data, destroyed, dirty } = session;
      const old = known.get(session);
      if (destroyed) {
        await sessions.end(old?.id ?? id);
        return "";
      }
      if (old?.id === id) {
        if (!dirty && !worthMoving(old.left, ttl)) return null;
        const kept = await sessions.change<Session["data"]>(id, (there) => (dirty ? data : there), ttl);
        if (!kept) return null;
      } else {
        if (!dirty || (old && !(await leave(old, session)))) return null;
        await sessions.create(id, data, ttl);
      }
      known.set(session, { id, left: ttl });
      return id;
    },
  };
}
