import { type SessionEnv, useSession } from "@hono/session";
import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import type { Store } from "../src/index.ts";
import { honoSessionStorage } from "../src/interop/hono-session.ts";

/** What is kept of somebody who signed in. */
export interface Session extends Record<string, unknown> {
  readonly name: string;
}

export type Env = SessionEnv<Session>;

/** How long a session lives after the last visit, in seconds. */
export const SESSION_SECONDS = 30 * 60;

/** How long it lives at most, in seconds: so long the browser keeps the cookie. */
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

/** Who is signed in. Nobody gets a cookie for looking. */
export async function userOf(c: Context<Env>): Promise<Session | null> {
  return cookieOf(c, "sid") ? c.var.session.get() : null;
}

/** The cookie when it has the form of an encrypted one; of anything else @hono/session would write an error to the log. */
function cookieOf(c: Context, name: string): string | undefined {
  const cookie = getCookie(c, name);
  return cookie && /^eyJ[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/.test(cookie) ? cookie : undefined;
}
