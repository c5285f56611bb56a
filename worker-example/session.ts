import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { Store } from "../src/index.ts";

/** What is kept of somebody who signed in. Times are epoch milliseconds. */
export interface Session {
  readonly name: string;
  readonly signedInAt: number;
  readonly seenAt: number;
}

/** How long a session lives after the last visit, in seconds. */
export const SESSION_SECONDS = 30 * 60;

/** A visit sooner than this after the one before does not move the deadline, which saves a write. In milliseconds. */
const SLIDE_AFTER = 60_000;

const COOKIE = "session";
const collection = "sessions";

/**
 * Keeps sessions in a store, and their ids in a cookie.
 *
 * The store needs `swap`: with a get and a put, a visit that moves the deadline while the same person signs out in
 * another tab would bring the session back. That also keeps eventually consistent stores away from here.
 */
export function sessionsIn(store: Store<"swap">) {
  function send(c: Context, id: string): void {
    const secure = new URL(c.req.url).protocol === "https:";
    setCookie(c, COOKIE, id, { httpOnly: true, sameSite: "Lax", secure, path: "/", maxAge: SESSION_SECONDS });
  }

  /** The session of a request, or `null`; a visit lets it live on. */
  async function load(c: Context): Promise<Session | null> {
    const id = idOf(c);
    if (!id) return null;
    const now = Date.now();
    const session = await store.update<Session>(
      id,
      (session) => (session && now - session.seenAt >= SLIDE_AFTER ? { ...session, seenAt: now } : undefined),
      { collection, ttl: SESSION_SECONDS },
    );
    if (session) send(c, id);
    return session;
  }

  /** Starts a session under a new id, so that an id which somebody else planted is worth nothing. */
  async function start(c: Context, name: string): Promise<void> {
    await forget(c);
    const id = newId();
    const now = Date.now();
    await store.put(id, { name, signedInAt: now, seenAt: now } satisfies Session, { collection, ttl: SESSION_SECONDS });
    send(c, id);
  }

  /** Ends the session in the store, so that a copy of the cookie is worth nothing either. */
  async function end(c: Context): Promise<void> {
    await forget(c);
    deleteCookie(c, COOKIE);
  }

  async function forget(c: Context): Promise<void> {
    const id = idOf(c);
    if (id) await store.delete(id, { collection });
  }

  return { load, start, end };
}

/** The id in the cookie when it has the form of one; anything else never reaches the store. */
function idOf(c: Context): string | undefined {
  const id = getCookie(c, COOKIE);
  return id && /^[0-9a-f]{32}$/.test(id) ? id : undefined;
}

/** 128 random bits. */
function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
