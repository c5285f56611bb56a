import { env } from "cloudflare:workers";
import { useSession } from "@hono/session";
import { createSession } from "@remix-run/session";
import { Hono } from "hono";
import { createSessionStorage } from "react-router";
import { describe, expect, it } from "#test";
import { durableObjectStore } from "../../src/adapters/durable-object.ts";
import type { KeyValueObject } from "../../src/adapters/key-value-object.ts";
import { workersKVStore } from "../../src/adapters/workers-kv.ts";
import type { AsyncKeyValue } from "../../src/index.ts";
import { betterAuthStorage } from "../../src/interop/better-auth.ts";
import { endSession, honoSessionStorage, rotateSession } from "../../src/interop/hono-session.ts";
import type { SessionStoreOptions } from "../../src/interop/internal/sessions.ts";
import { reactRouterSessions } from "../../src/interop/react-router.ts";
import { remixSessionStorage } from "../../src/interop/remix-session.ts";

const { OBJECTS, KV } = env as unknown as {
  readonly OBJECTS: DurableObjectNamespace<KeyValueObject>;
  readonly KV: KVNamespace;
};

interface Session extends Record<string, unknown> {
  user: string;
}

type Make<Result> = (store: AsyncKeyValue, options?: SessionStoreOptions) => Result;

const hono: Make<Hono> = (store, options) => {
  const app = new Hono();
  app
    .use(honoSessionStorage(store, options), useSession<Session>({ secret: "a secret for tests" }))
    .get("/", async (c) => c.json(await c.var.session.get()))
    .post("/sign-in", async (c) => {
      await rotateSession(c, { user: "ann" });
      return c.body(null, 204);
    })
    .post("/sign-out", async (c) => {
      await endSession(c);
      return c.body(null, 204);
    });
  return app;
};

const router: Make<unknown> = (store, options) => {
  const cookie = { name: "session", secrets: ["a secret for tests"] };
  return reactRouterSessions(store, (strategy) => createSessionStorage<Session>({ cookie, ...strategy }), options);
};

const adapters: Record<string, Make<unknown>> = {
  "better-auth": betterAuthStorage,
  hono,
  "React Router": router,
  Remix: (store, options) => remixSessionStorage(store, createSession, options),
};

describe("sessions on Workers", () => {
  for (const [name, make] of Object.entries(adapters)) {
    it(`of ${name} are refused by Workers KV unless that is allowed, and taken by Durable Objects`, () => {
      expect(() => make(workersKVStore(KV))).toThrow("strongly consistent");
      make(workersKVStore(KV), { allowEventual: true });
      make(durableObjectStore(OBJECTS));
    });
  }

  for (const [name, make] of [
    ["Durable Objects", () => hono(durableObjectStore(OBJECTS))],
    ["Workers KV, where that is allowed,", () => hono(workersKVStore(KV), { allowEventual: true })],
  ] as const) {
    it(`in ${name} start, are seen by every instance, and end`, async () => {
      const signedIn = await make().request("/sign-in", { method: "POST" });
      const cookie = signedIn.headers.get("set-cookie")?.split(";")[0] as string;
      const seen = async () => (await make().request("/", { headers: { cookie } })).json();
      expect(await seen()).toEqual({ user: "ann" });
      await make().request("/sign-out", { method: "POST", headers: { cookie } });
      expect(await seen()).toBe(null);
    });
  }

  it("of better-auth are good for one of many takers, and stay ended, in Durable Objects", async () => {
    const storage = () => betterAuthStorage(durableObjectStore(OBJECTS));
    await storage().set("verification:reset", "token", 60);
    const taken = await Promise.all(Array.from({ length: 10 }, () => storage().getAndDelete("verification:reset")));
    expect(taken.filter((value) => value === "token").length).toBe(1);
    const session = JSON.stringify({ session: { token: "token" }, user: {} });
    await storage().set("token", session, 60);
    expect(await storage().get("token")).toBe(session);
    await storage().delete("token");
    await storage().set("token", session, 60);
    expect(await storage().get("token")).toBe(null);
  });
});
