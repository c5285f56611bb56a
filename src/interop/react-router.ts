import type { AsyncKeyValue } from "../core/protocol.ts";
import { DEFAULT_TTL, type SessionStoreOptions, sessionsIn } from "./internal/sessions.ts";

export type { SessionStoreOptions } from "./internal/sessions.ts";

/** Options of {@link reactRouterSessions}. */
export interface ReactRouterSessionOptions extends SessionStoreOptions {
  /** Seconds a session lives after a commit where the cookie has neither `maxAge` nor `expires`. Default: two weeks. */
  readonly ttl?: number | undefined;
}

/** What `createSessionStorage` of React Router takes beside the cookie. */
export interface ReactRouterStrategy {
  createData(data: object, expires?: Date): Promise<string>;
  readData<Data>(id: string): Promise<Data | null>;
  updateData(id: string, data: object, expires?: Date): Promise<void>;
  deleteData(id: string): Promise<void>;
}

/** The part of React Router's `Session` that is needed here. */
export interface ReactRouterSession {
  readonly id: string;
  readonly data: object;
  set(name: never, value: never): void;
}

/** The part of React Router's `SessionStorage` that is needed here. */
export interface ReactRouterStorage {
  getSession(cookie?: string | null, options?: never): Promise<ReactRouterSession>;
}

/** The sessions that a storage gives. */
export type ReactRouterSessionOf<Storage extends ReactRouterStorage> = Awaited<ReturnType<Storage["getSession"]>>;

/** What {@link reactRouterSessions} adds to a storage. */
export interface ReactRouterRotation<Session> {
  /**
   * Ends a session in the store and gives one with the same data, which gets a new id when it is committed: for every
   * sign-in and change of rights. When the session has ended meanwhile, the new one is empty.
   */
  rotateSession(session: Session): Promise<Session>;
}

/** Stands in a session's data where the store has none. */
const GONE = "__gone__";

/**
 * Keeps the sessions of React Router in a store.
 *
 * ```ts
 * import { createSessionStorage } from "react-router";
 * const { getSession, commitSession, destroySession, rotateSession } = reactRouterSessions(store, (strategy) =>
 *   createSessionStorage<Data>({ cookie: { name: "session", maxAge: 1800, secrets }, ...strategy }),
 * );
 * ```
 *
 * A session lives as long as the cookie that `commitSession` gives, counted from then on. Committing one that has ended
 * since it was read writes nothing. An id that is not in the store is never taken over: `getSession` then starts a new
 * session.
 *
 * @throws KeyValueError `misconfigured` when the store is not strongly consistent and `allowEventual` is not set.
 */
export function reactRouterSessions<Storage extends ReactRouterStorage>(
  store: AsyncKeyValue,
  create: (strategy: ReactRouterStrategy) => Storage,
  { ttl = DEFAULT_TTL, ...options }: ReactRouterSessionOptions = {},
): Storage & ReactRouterRotation<ReactRouterSessionOf<Storage>> {
  type Session = ReactRouterSessionOf<Storage>;
  const sessions = sessionsIn(store, options);
  const secondsUntil = (expires: Date | undefined) => (expires ? (expires.getTime() - Date.now()) / 1000 : ttl);

  const storage = create({
    async createData(data, expires) {
      const id = newId();
      const seconds = secondsUntil(expires);
      if (seconds > 0) await sessions.create(id, data, seconds);
      return id;
    },
    async readData<Data>(id: string) {
      // An unsigned cookie may hold anything.
      const isId = typeof id === "string" && /^[0-9a-f]{32}$/.test(id);
      const found = isId ? await sessions.read<Data>(id) : null;
      return found ? found.value : ({ [GONE]: true } as Data);
    },
    async updateData(id, data, expires) {
      const seconds = secondsUntil(expires);
      if (seconds > 0) await sessions.change(id, () => data, seconds);
      else await sessions.end(id);
    },
    async deleteData(id) {
      await sessions.end(id);
    },
  });

  async function getSession(...args: Parameters<ReactRouterStorage["getSession"]>): Promise<Session> {
    const session = await storage.getSession(...args);
    return (GONE in session.data ? await storage.getSession() : session) as Session;
  }

  async function rotateSession(session: Session): Promise<Session> {
    const next = await getSession();
    if (session.id !== "" && !(await sessions.end(session.id))) return next;
    for (const [name, value] of Object.entries(session.data)) next.set(name as never, value as never);
    return next;
  }

  return { ...storage, getSession, rotateSession };
}

/** 128 random bits. */
function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
