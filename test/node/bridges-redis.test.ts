import { useSession } from "@hono/session";
import { createClient, type RedisClientType } from "@redis/client";
import express from "express";
import { rateLimit } from "express-rate-limit";
import { Hono } from "hono";
import { Keyv } from "keyv";
import { afterAll, beforeAll, describe, expect, it } from "#test";
import { redisStore } from "../../src/adapters/redis.ts";
import { idempotent } from "../../src/idempotent.ts";
import { betterAuthRateLimit } from "../../src/interop/better-auth.ts";
import { expressRateLimitStore } from "../../src/interop/express-rate-limit.ts";
import { fastMcpTokenStorage } from "../../src/interop/fastmcp.ts";
import { honoSessionStorage } from "../../src/interop/hono-session.ts";
import { toKeyv } from "../../src/interop/keyv.ts";
import { toKVNamespace } from "../../src/interop/kv-namespace.ts";
import { openAuthStorage } from "../../src/interop/openauth.ts";
import { toUnstorageDriver } from "../../src/interop/unstorage.ts";
import { serving } from "../servers/support.ts";
import { type RedisProcess, startRedis, withoutRedis } from "../support/redis-tcp.ts";

type Client = RedisClientType;
type Data = Record<string, unknown>;

const storeOver = (client: Client, keyPrefix: string) => redisStore(client, { keyPrefix });

const title = "bridges of two processes that share one Redis";

if (withoutRedis) describe(title, () => it.skip(withoutRedis as string, () => {}));
else describe(title, withRedis);

function withRedis(): void {
  let server: RedisProcess;
  const clients: Client[] = [];
  beforeAll(async () => {
    server = await startRedis();
    for (let i = 0; i < 2; i++) {
      clients.push((await createClient({ url: server.url(0) }).connect()) as Client);
    }
  });
  afterAll(async () => {
    for (const client of clients) await client.close();
    await server.stop();
  });

  let tests = 0;
  /** What each of the two processes makes of its own connection. */
  function inEach<T>(make: (store: ReturnType<typeof storeOver>) => T): [T, T] {
    const keyPrefix = `test ${tests++}`;
    const [one, two] = clients.map((client) => make(storeOver(client, keyPrefix)));
    return [one as T, two as T];
  }

  /** Calls the two in turn, all at once. */
  const together = <T, R>(count: number, pair: readonly [T, T], call: (one: T) => R): Promise<Awaited<R>[]> =>
    Promise.all(Array.from({ length: count }, (_, i) => call(pair[i % 2] as T)));

  it("let exactly the limit through: express-rate-limit and better-auth", async () => {
    const [one, two] = inEach((store) => {
      const app = express();
      app.use(rateLimit({ windowMs: 60_000, limit: 10, legacyHeaders: false, store: expressRateLimitStore(store) }));
      app.get("/", (_request, response) => {
        response.send("hello");
      });
      return app;
    });
    await serving(one, (first) =>
      serving(two, async (second) => {
        const statuses = await together(60, [first, second], async (origin) => (await fetch(origin)).status);
        expect(statuses.filter((status) => status === 200).length).toBe(10);
      }),
    );

    const limits = inEach((store) => betterAuthRateLimit(store));
    const answers = await together(60, limits, (limit) => limit.consume("ann", { window: 60, max: 10 }));
    expect(answers.filter(({ allowed }) => allowed).length).toBe(10);
  });

  it("redeem a token once: fastmcp and OpenAuth", async () => {
    const storages = inEach((store) => fastMcpTokenStorage(store));
    await storages[0].save("code", { user: "ann" }, 60);
    const taken = await together(40, storages, (storage) => storage.take("code"));
    expect(taken.filter((value) => value !== null)).toEqual([{ user: "ann" }]);

    const [writer, reader] = inEach((store) => openAuthStorage(store));
    await writer.set(["oauth:code", "a/b"], { user: "ann" }, new Date(Date.now() + 60_000));
    const read = await together(40, [writer, reader], (storage) => storage.get(["oauth:code", "a/b"]));
    expect(read.filter((value) => value !== undefined)).toEqual([{ user: "ann" }]);
  });

  it("execute a request once, and replay its response", async () => {
    let executed = 0;
    const handlers = inEach((store) =>
      idempotent(async () => new Response(`order ${++executed}`, { status: 201 }), { store }),
    );
    const send = (handler: (typeof handlers)[0]) =>
      handler(new Request("https://x.example/orders", { method: "POST", headers: { "idempotency-key": '"1"' } }));
    const statuses = (await together(60, handlers, send)).map(({ status }) => status);
    expect(executed).toBe(1);
    expect(statuses).toContain(201);
    expect(statuses.filter((status) => status !== 201 && status !== 409)).toEqual([]);
    for (const handler of handlers) expect(await (await send(handler)).text()).toBe("order 1");
  });

  it("keep both changes of one session", async () => {
    let arrived = 0;
    let bothHaveRead = () => {};
    const both = new Promise<void>((resolve) => {
      bothHaveRead = resolve;
    });
    const apps = inEach((store) => {
      const app = new Hono().use(
        honoSessionStorage(store, { merge: true }),
        useSession<Data>({ secret: "x".repeat(32) }),
      );
      app.get("/", async (c) => c.json(await c.var.session.get()));
      app.post("/start", async (c) => c.json(await c.var.session.update({ user: "ann" })));
      app.post("/:property", async (c) => {
        const data = (await c.var.session.get()) as Data;
        if (++arrived === 2) bothHaveRead();
        await both;
        await c.var.session.update({ ...data, [c.req.param("property")]: 1 });
        return c.body(null, 204);
      });
      return app;
    });
    const started = await apps[0].request("/start", { method: "POST" });
    const cookie = started.headers.get("set-cookie")?.split(";")[0] as string;
    const send = (i: 0 | 1, path: string, method: string) => apps[i].request(path, { method, headers: { cookie } });
    await Promise.all([send(0, "/basket", "POST"), send(1, "/page", "POST")]);
    for (const i of [0, 1] as const) {
      expect(await (await send(i, "/", "GET")).json()).toEqual({ user: "ann", basket: 1, page: 1 });
    }
  });

  it("see each other's entries: KV namespaces, drivers of unstorage, Keyv", async () => {
    const [namespace, other] = inEach((store) => toKVNamespace(store));
    await namespace.put("user:1", '{"name":"Ann"}', { expirationTtl: 60, metadata: { plan: "free" } });
    expect(await other.get("user:1", "json")).toEqual({ name: "Ann" });
    expect((await other.list({ prefix: "user:" })).keys).toMatchObject([
      { name: "user:1", metadata: { plan: "free" } },
    ]);

    const [driver, otherDriver] = inEach((store) => toUnstorageDriver(store));
    await driver.setItem("a:b", "text");
    expect(await otherDriver.getItem("a:b")).toBe("text");
    expect(await otherDriver.getKeys("")).toEqual(["a:b"]);

    const [keyv, otherKeyv] = inEach((store) => new Keyv({ store: toKeyv(store) }));
    await keyv.set("k", "v", 60_000);
    expect(await otherKeyv.get("k")).toBe("v");
  });
}
