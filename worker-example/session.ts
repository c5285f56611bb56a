import { type SessionEnv, useSession } from "@hono/session";
import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import type { Store } from "../src/index.ts";
import { honoSessionStorage } from "../src/interop/hono-session.ts";

/** The data of a session. */
export interface Session extends Record<string, unknown> {
  readonly name: string;
}

export type Env = SessionEnv<Session>;

/** How many seconds a session lives after the last visit. */
export const SESSION_SECONDS = 30 * 60;

/** How many seconds it lives at most: as long as the browser keeps the cookie. */
const LONGEST_SECONDS = 12 * 60 * 60;

/** Keeps sessions in a store, and their encrypted ids in a cookie. */
export function sessionsIn(store: Store<"swap">, secret: string): MiddlewareHandler<Env>[] {
  return [
    honoSessionStorage(store, { ttl: SESSION_SECONDS }),
    useSession<Session>({
      secret,
      duration: { absolute: LONGEST_SECONDS },
      getCookie: cookieOf,
      setCookie: (c, name, value, options) =>
        setCookie(c, name, value, { ...options, secure: new URL(c.req.url).protocol === "https:" }),
    }),
  ];
}

/** Returns the user who is signed in. A visitor without a session gets no cookie. */
export async function userOf(c: Context<Env>): Promise<Session | null> {
  return cookieOf(c, "sid") ? c.var.session.get() : null;
}

/** Returns the cookie if it looks encrypted. For anything else, @hono/session would log an error. */
function cookieOf(c: Context, name: string): string | undefined {
  const cookie = getCookie(c, name);
  return cookie && /^eyJ[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/.test(cookie) ? cookie : undefined;
}
