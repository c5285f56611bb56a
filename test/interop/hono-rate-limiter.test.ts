import { Hono } from "hono";
import { rateLimiter } from "hono-rate-limiter";
import { describe, expect, it } from "#test";
import { type Capability, memoryStore, type Store } from "../../src/index.ts";
import { honoRateLimiterStore } from "../../src/interop/hono-rate-limiter.ts";
import { hitStoreTests } from "./hits.ts";

/** An app in an isolate of its own. */
const newApp = (store: Store<Capability>) =>
  new Hono()
    .use(
      rateLimiter({
        windowMs: 60_000,
        limit: 10,
        keyGenerator: (c) => c.req.header("x-client") ?? "",
        skipFailedRequests: true,
        store: honoRateLimiterStore(store),
      }),
    )
    .get("/", (c) => c.text("hello"))
    .get("/broken", (c) => c.text("out of order", 500));

const headers = { "x-client": "ann" };

describe("the hits of hono-rate-limiter in a store", () => {
  hitStoreTests(honoRateLimiterStore);

  it("let exactly the limit through when requests arrive together in several isolates", async () => {
    const store = memoryStore();
    const apps = [newApp(store), newApp(store), newApp(store)];
    const requests = Array.from({ length: 60 }, (_, i) => apps[i % 3]!.request("/", { headers }));
    const responses = await Promise.all(requests);
    expect(responses.filter(({ status }) => status === 200).length).toBe(10);
    const refused = await apps[0]!.request("/", { headers });
    expect([refused.status, Number(refused.headers.get("ratelimit-reset"))]).toEqual([429, 60]);
  });

  it("are taken back for requests that fail", async () => {
    const store = memoryStore();
    const app = newApp(store);
    for (let times = 0; times < 15; times++) expect((await app.request("/broken", { headers })).status).toBe(500);
    expect((await honoRateLimiterStore(store).get("ann"))?.totalHits).toBe(0);
  });
});
