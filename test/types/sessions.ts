/** The bridges for sessions and sign-in fit the real session layers. Checked by the compiler, never run. */

import fastifySession from "@fastify/session";
import { type SessionEnv, useSession } from "@hono/session";
import type { StorageAdapter } from "@openauthjs/openauth/storage/storage";
import { createSession, type SessionStorage as RemixStorage } from "@remix-run/session";
import { betterAuth, type SecondaryStorage } from "better-auth";
import session from "express-session";
import fastify from "fastify";
import type { OAuthProxyConfig } from "fastmcp/auth";
import { Hono } from "hono";
import { createSessionStorage, type Session } from "react-router";
import { type AsyncKeyValue, memoryStore } from "../../src/index.ts";
import { betterAuthRateLimit, betterAuthStorage } from "../../src/interop/better-auth.ts";
import { expressSessionStore } from "../../src/interop/express-session.ts";
import { fastifySessionStore } from "../../src/interop/fastify-session.ts";
import { fastMcpTokenStorage } from "../../src/interop/fastmcp.ts";
import { endSession, honoSessionStorage, rotateSession } from "../../src/interop/hono-session.ts";
import { openAuthStorage } from "../../src/interop/openauth.ts";
import { reactRouterSessions } from "../../src/interop/react-router.ts";
import { remixSessionStorage } from "../../src/interop/remix-session.ts";

declare const anyStore: AsyncKeyValue;

interface Data extends Record<string, unknown> {
  user: string;
}

fastify().register(fastifySession, { secret: "secret", store: fastifySessionStore(anyStore, { ttl: 60 }) });

betterAuthStorage(memoryStore()) satisfies SecondaryStorage;
betterAuth({
  secondaryStorage: betterAuthStorage(memoryStore()),
  rateLimit: { customStorage: betterAuthRateLimit(memoryStore()) },
});
// @ts-expect-error: a store without atomic operations cannot count
betterAuthRateLimit(anyStore);
// @ts-expect-error: a store without atomic operations has no getAndDelete
betterAuthStorage(anyStore).getAndDelete("token");

new Hono<SessionEnv<Data>>()
  .use(honoSessionStorage(anyStore), useSession<Data>({ secret: "secret" }))
  .post("/sign-in", async (c) => {
    await rotateSession(c, { user: "alice" });
    // @ts-expect-error: not the data of this session
    await rotateSession(c, { user: 1 });
    await endSession(c);
    return c.text("");
  });

const { getSession, rotateSession: rotate } = reactRouterSessions(anyStore, (strategy) =>
  createSessionStorage<Data, { notice: string }>({ cookie: { name: "session" }, ...strategy }),
);
getSession("cookie") satisfies Promise<Session<Data, { notice: string }>>;
getSession("cookie").then(rotate) satisfies Promise<Session<Data, { notice: string }>>;

remixSessionStorage(anyStore, createSession) satisfies RemixStorage;
// @ts-expect-error: an id in place of the function
remixSessionStorage(anyStore, "id");

session({ secret: "secret", store: expressSessionStore(session.Store, anyStore) });
// @ts-expect-error: a class that is no session store
expressSessionStore(Date, anyStore);

fastMcpTokenStorage(memoryStore()) satisfies OAuthProxyConfig["tokenStorage"];
// @ts-expect-error: a store without atomic operations cannot redeem a code once
fastMcpTokenStorage(anyStore);

openAuthStorage(memoryStore()) satisfies StorageAdapter;
// @ts-expect-error: a store without atomic operations cannot redeem a code once
openAuthStorage(anyStore);
