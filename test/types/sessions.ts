/** The session bridges fit the real session layers. Checked by the compiler, never run. */
import { type SessionEnv, useSession } from "@hono/session";
import { createSession, type SessionStorage as RemixStorage } from "@remix-run/session";
import { betterAuth, type SecondaryStorage } from "better-auth";
import { Hono } from "hono";
import { createSessionStorage, type Session } from "react-router";
import { type AsyncKeyValue, memoryStore } from "../../src/index.ts";
import { betterAuthStorage } from "../../src/interop/better-auth.ts";
import { endSession, honoSessionStorage, rotateSession } from "../../src/interop/hono-session.ts";
import { reactRouterSessions } from "../../src/interop/react-router.ts";
import { remixSessionStorage } from "../../src/interop/remix-session.ts";

declare const anyStore: AsyncKeyValue;

interface Data extends Record<string, unknown> {
  user: string;
}

betterAuthStorage(memoryStore()) satisfies SecondaryStorage;
betterAuth({ secondaryStorage: betterAuthStorage(memoryStore()) });
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
