import type { AsyncKeyValue } from "../core/protocol.ts";
import { merged, type Snapshot, snapshotOf } from "./internal/merge.ts";
import { DEFAULT_TTL, type MergingSessionOptions, sessionsIn, worthMoving } from "./internal/sessions.ts";

export type { MergingSessionOptions, SessionStoreOptions } from "./internal/sessions.ts";

/** Options of {@link remixSessionStorage}. */
export interface RemixSessionOptions extends MergingSessionOptions {
  /** How many seconds a session lives after its last use. Give the cookie the same `maxAge`. Default: two weeks. */
  readonly ttl?: number | undefined;
}

/** The part of `@remix-run/session`'s `Session` that {@link remixSessionStorage} needs. */
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
  /** Returns the session of a cookie, or a new session with a new id if the store has none. */
  read(cookie: string | null): Promise<Session>;
  /** Saves a session and returns the cookie to send: `""` removes the cookie, `null` leaves it unchanged. */
  save(session: Session): Promise<string | null>;
}

/** A session that was in the store when it was read, and how many seconds it had left then. */
interface Known {
  readonly id: string;
  readonly left: number | null;
  /** Its values and its flash as they were read. */
  readonly base: readonly (Snapshot | undefined)[];
}

type Data = RemixSession["data"];

/**
 * Keeps the sessions of `@remix-run/session` in a store. `createSession` is that package's function.
 *
 * Saving extends a session to `ttl` seconds from now. If nothing in it has changed, `save` does so, and returns the
 * cookie again, at most once a minute. If a session ends after it was read, saving it writes nothing, also under a
 * regenerated id. Requests that change different properties of one session at the same time do not lose each other's
 * changes.
 *
 * @throws KeyValueError `misconfigured` when the store is not strongly consistent and `allowEventual` is not set.
 * @example
 * ```ts
 * import { createSession } from "@remix-run/session";
 * import { memoryStore } from "edge-key-value";
 * import { remixSessionStorage } from "edge-key-value/interop/remix-session";
 *
 * const storage = remixSessionStorage(memoryStore(), createSession, { ttl: 1800 });
 * const session = await storage.read(null);
 * session.set("user", "alice");
 * const cookie = await storage.save(session);
 * ```
 */
export function remixSessionStorage<Session extends RemixSession>(
  store: AsyncKeyValue,
  createSession: (id?: string, data?: never) => Session,
  { ttl = DEFAULT_TTL, merge = true, ...options }: RemixSessionOptions = {},
): RemixSessionStorage<Session> {
  const sessions = sessionsIn(store, options);
  const known = new WeakMap<RemixSession, Known>();

  const baseOf = (data: Data) => (merge ? data.map(snapshotOf) : []);

  function mergedData(there: Data, [values, flash]: Data, { base }: Known): Data {
    return [merged(there[0], values, base[0]), merged(there[1], flash, base[1])];
  }

  /** The session under its old id. Ends it if `regenerateId(true)` asked for that. */
  async function leave(old: Known, { deleteId }: Session): Promise<Data | null> {
    return deleteId === undefined ? ((await sessions.read<Data>(old.id))?.value ?? null) : sessions.take<Data>(old.id);
  }

  return {
    async read(cookie) {
      const found = cookie ? await sessions.read<Data>(cookie) : null;
      if (!cookie || !found) return createSession();
      const session = createSession(cookie, found.value as never);
      known.set(session, { id: cookie, left: found.ttl, base: baseOf(found.value) });
      return session;
    },

    async save(session) {
      const { id, data, destroyed, dirty } = session;
      const old = known.get(session);
      if (destroyed) {
        await sessions.end(old?.id ?? id);
        return "";
      }
      if (!dirty && !(old?.id === id && worthMoving(old.left, ttl))) return null;
      if (old?.id === id) {
        const save = (there: Data) => mergedData(there, data, old);
        const kept = dirty ? await sessions.change(id, save, ttl) : await sessions.extend(id, ttl);
        if (!kept) return null;
      } else {
        const there = old && (await leave(old, session));
        if (there === null) return null;
        await sessions.create(id, there ? mergedData(there, data, old) : data, ttl);
      }
      known.set(session, { id, left: ttl, base: baseOf(data) });
      return id;
    },
  };
}
