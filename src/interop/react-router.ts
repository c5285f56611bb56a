import type { AsyncKeyValue } from "../core/protocol.ts";
import { secondsUntil } from "./internal/lifetimes.ts";
import { merged, type Snapshot, snapshotOf } from "./internal/merge.ts";
import { DEFAULT_TTL, type MergingSessionOptions, sessionsIn } from "./internal/sessions.ts";

export type { MergingSessionOptions, SessionStoreOptions } from "./internal/sessions.ts";

/** Options of {@link reactRouterSessions}. */
export interface ReactRouterSessionOptions extends MergingSessionOptions {
  /** How many seconds a session lives if the cookie has neither `maxAge` nor `expires`. Default: two weeks. */
  readonly ttl?: number | undefined;
}

/** The options of React Router's `createSessionStorage`, without the cookie. */
export interface ReactRouterStrategy {
  createData(data: object, expires?: Date): Promise<string>;
  readData<Data>(id: string): Promise<Data | null>;
  updateData(id: string, data: object, expires?: Date): Promise<void>;
  deleteData(id: string): Promise<void>;
}

/** The part of React Router's `Session` that {@link reactRouterSessions} needs. */
export interface ReactRouterSession {
  readonly id: string;
  readonly data: object;
  set(name: never, value: never): void;
}

/** The part of React Router's `SessionStorage` that {@link reactRouterSessions} needs. */
export interface ReactRouterStorage {
  getSession(cookie?: string | null, options?: never): Promise<ReactRouterSession>;
  commitSession(session: never, options?: never): Promise<string>;
}

/** The type of the sessions that a storage returns. */
export type ReactRouterSessionOf<Storage extends ReactRouterStorage> = Awaited<ReturnType<Storage["getSession"]>>;

/** The method that {@link reactRouterSessions} adds to a storage. */
export interface ReactRouterRotation<Session> {
  /**
   * Ends a session in the store, and returns a new one with the same data. The new session gets its id when you commit
   * it. Call this at every sign-in and change of privileges. If the old session has already ended, the new one is empty.
   */
  rotateSession(session: Session): Promise<Session>;
}

/** Marks the data of a session that is not in the store. */
const GONE = "__gone__";

/** The property by which the data of a session carries what it was read as, from `commitSession` to `updateData`. */
const BASE = Symbol("base");

/** The data of a session, with what it was read as. */
type ReadData = object & { readonly [BASE]?: Snapshot | undefined };

/**
 * Keeps the sessions of React Router in a store.
 *
 * `create` passes the strategy on to React Router's `createSessionStorage`. A session lives as long as the cookie of its
 * last `commitSession`. If a session ends after it was read, committing it writes nothing. Requests that change different
 * properties of one session at the same time do not lose each other's changes. For an id that is not in the store,
 * `getSession` starts a new session under a new id.
 *
 * @throws KeyValueError `misconfigured` when the store is not strongly consistent and `allowEventual` is not set.
 * @example
 * ```ts
 * import { env } from "cloudflare:workers";
 * import { durableObjectStore } from "edge-key-value/adapters/durable-object";
 * import { reactRouterSessions } from "edge-key-value/interop/react-router";
 * import { createSessionStorage } from "react-router";
 *
 * const cookie = { name: "session", maxAge: 1800, secrets: ["from your configuration"] };
 * export const { getSession, commitSession, destroySession, rotateSession } = reactRouterSessions(
 *   durableObjectStore(env.STORE),
 *   (strategy) => createSessionStorage<{ user: string }>({ cookie, ...strategy }),
 * );
 * ```
 */
export function reactRouterSessions<Storage extends ReactRouterStorage>(
  store: AsyncKeyValue,
  create: (strategy: ReactRouterStrategy) => Storage,
  { ttl = DEFAULT_TTL, merge = true, ...options }: ReactRouterSessionOptions = {},
): Storage & ReactRouterRotation<ReactRouterSessionOf<Storage>> {
  type Session = ReactRouterSessionOf<Storage>;
  const sessions = sessionsIn(store, options);
  const bases = new WeakMap<ReactRouterSession, Snapshot | undefined>();
  const secondsOf = (expires: Date | undefined) => (expires ? secondsUntil(expires) : ttl);

  const storage = create({
    async createData(data, expires) {
      const id = newId();
      const seconds = secondsOf(expires);
      if (seconds > 0) await sessions.create(id, data, seconds);
      return id;
    },
    async readData<Data>(id: string) {
      // An unsigned cookie may contain anything.
      const isId = typeof id === "string" && /^[0-9a-f]{32}$/.test(id);
      const found = isId ? await sessions.read<Data>(id) : null;
      return found ? found.value : ({ [GONE]: true } as Data);
    },
    async updateData(id, { [BASE]: base, ...data }: ReadData, expires) {
      const seconds = secondsOf(expires);
      if (seconds > 0) await sessions.change<object>(id, (there) => merged(there, data, base), seconds);
      else await sessions.end(id);
    },
    async deleteData(id) {
      await sessions.end(id);
    },
  });

  async function getSession(...args: Parameters<ReactRouterStorage["getSession"]>): Promise<Session> {
    const session = await storage.getSession(...args);
    if (GONE in session.data) return (await storage.getSession()) as Session;
    if (merge) bases.set(session, snapshotOf(session.data));
    return session as Session;
  }

  async function commitSession(session: Session, ...options: []): Promise<string> {
    const read = { get: (): ReadData => ({ ...session.data, [BASE]: bases.get(session) }) };
    const cookie = await storage.commitSession(Object.create(session, { data: read }) as never, ...options);
    if (merge) bases.set(session, snapshotOf(session.data));
    return cookie;
  }

  async function rotateSession(session: Session): Promise<Session> {
    const next = await getSession();
    const there = session.id === "" ? {} : await sessions.take<object>(session.id);
    if (there === null) return next;
    const data = merged(there, session.data, bases.get(session));
    for (const [name, value] of Object.entries(data)) next.set(name as never, value as never);
    return next;
  }

  return { ...storage, getSession, commitSession, rotateSession };
}

/** 128 random bits. */
function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
