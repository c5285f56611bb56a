import { Hono } from "hono";
import { describe, expect, it } from "#test";
import { memoryStore } from "../../src/index.ts";
import { type HonoLimitContext, honoRateLimit } from "../../src/interop/hono-rate-limit.ts";

const key = (c: HonoLimitContext) => c.req.header("x-client") ?? null;
const headers = { "x-client": "ann" };

describe("the rate limit for Hono", () => {
  it("answers 429 over the limit, and tells each response where the client stands", async () => {
    const app = new Hono()
      .use(honoRateLimit({ store: memoryStore(), limit: 2, window: 60, key }))
      .get("/", (c) => c.text("hello"));
    const responses = await Promise.all(Array.from({ length: 5 }, () => app.request("/", { headers })));
    expect(responses.map(({ status }) => status).sort()).toEqual([200, 200, 429, 429, 429]);
    for (const response of responses) expect(response.headers.get("ratelimit-policy")).toBe('"default";q=2;w=60');
    const refused = await app.request("/", { headers });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(50);
    expect((await app.request("/")).headers.get("ratelimit")).toBe(null);
  });

  it("keeps what handlers and other middleware put into a response, and adds up with another limit", async () => {
    const store = memoryStore();
    const app = new Hono()
      .use(async (c, next) => {
        c.header("x-before", "yes");
        await next();
        c.header("x-after", "yes");
      })
      .use(honoRateLimit({ store, limit: 9, window: 60, key, name: "a" }))
      .use(honoRateLimit({ store, limit: 9, window: 5, key, name: "b", cost: async () => 3 }))
      .get("/", (c) => {
        c.header("set-cookie", "a=1", { append: true });
        c.header("set-cookie", "b=2", { append: true });
        return c.text("hello", 201);
      });
    const response = await app.request("/", { headers });
    expect([response.status, await response.text()]).toEqual([201, "hello"]);
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect([response.headers.get("x-before"), response.headers.get("x-after")]).toEqual(["yes", "yes"]);
    expect(response.headers.get("ratelimit-policy")).toBe('"b";q=9;w=5, "a";q=9;w=60');
    expect(response.headers.get("ratelimit")).toContain('"b";r=6');
  });

  it("lets errors reach the app, and counts those requests", async () => {
    const app = new Hono()
      .use(honoRateLimit({ store: memoryStore(), limit: 1, window: 60, key }))
      .get("/", () => {
        throw new Error("out of order");
      })
      .onError((error, c) => c.text(error.message, 500));
    const failed = await app.request("/", { headers });
    expect([failed.status, await failed.text()]).toEqual([500, "out of order"]);
    expect((await app.request("/", { headers })).status).toBe(429);
  });
});
