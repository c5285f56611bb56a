import express from "express";
import { rateLimit } from "express-rate-limit";
import { describe, expect, it } from "#test";
import { type Capability, memoryStore, type Store } from "../../src/index.ts";
import { expressRateLimitStore } from "../../src/interop/express-rate-limit.ts";
import { hitStoreTests } from "../interop/hits.ts";
import { serving } from "./support.ts";

/** An app in a process of its own. */
function newApp(store: Store<Capability>) {
  const app = express();
  app.use(
    rateLimit({
      windowMs: 60_000,
      limit: 10,
      standardHeaders: "draft-8",
      legacyHeaders: false,
      store: expressRateLimitStore(store),
    }),
  );
  app.get("/", (_request, response) => {
    response.send("hello");
  });
  return app;
}

describe("the hits of express-rate-limit in a store", () => {
  hitStoreTests(expressRateLimitStore);

  it("let exactly the limit through when requests arrive together in two processes", async () => {
    const store = memoryStore();
    await serving(newApp(store), (one) =>
      serving(newApp(store), async (two) => {
        const responses = await Promise.all(Array.from({ length: 40 }, (_, i) => fetch(i % 2 ? one : two)));
        for (const response of responses) await response.text();
        expect(responses.filter(({ status }) => status === 200).length).toBe(10);
        const refused = await fetch(one);
        expect([refused.status, Number(refused.headers.get("retry-after"))]).toEqual([429, 60]);
        await refused.text();
      }),
    );
  });
});
