import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createTestHarness } from "wrangler";
import { afterAll, beforeAll, describe, expect, it } from "#test";
import { sleep } from "../support/caching.ts";

const folder = mkdtempSync(join(tmpdir(), "cached-"));
const configPath = join(folder, "wrangler.toml");
const main = fileURLToPath(new URL("./cached-worker/worker.ts", import.meta.url));
const harness = createTestHarness({ workers: [{ configPath }] });

beforeAll(async () => {
  const lines = [`name = "cached"`, `main = ${JSON.stringify(main)}`, `compatibility_date = "2025-11-01"`];
  const objects = [
    "[[durable_objects.bindings]]",
    `name = "OBJECT"`,
    `class_name = "KeyValueObject"`,
    "[[migrations]]",
    `tag = "v1"`,
    `new_sqlite_classes = ["KeyValueObject"]`,
  ];
  const self = ["[[services]]", `binding = "SELF"`, `service = "cached"`];
  const kv = ["[[kv_namespaces]]", `binding = "KV"`, `id = "cached"`];
  writeFileSync(configPath, [...lines, ...kv, ...self, ...objects].join("\n"));
  await harness.listen();
});

afterAll(async () => {
  await harness.close();
  rmSync(folder, { recursive: true, force: true });
});

const get = async (path: string) => (await harness.fetch(path)).json();

/** Asks and is gone after a while, as a visitor who leaves: workerd then cancels the request. */
const leave = (path: string, milliseconds: number): Promise<unknown> =>
  get(`/leave?after=${milliseconds}&path=${encodeURIComponent(path)}`);

describe("a cached function that a Worker keeps from request to request, over Workers KV", () => {
  it("shares one call among the callers of a request", async () => {
    const answers = (await get("/?id=one")) as { call: number }[];
    expect([answers.length, new Set(answers.map(({ call }) => call))]).toEqual([20, new Set([1])]);
    expect(await get("/calls?id=one")).toBe(1);
  });

  it("shares one call among requests, and a request that is cancelled takes no other along", async () => {
    const left = leave("/?id=two", 150);
    await sleep(100);
    const others = Promise.all(Array.from({ length: 5 }, () => get("/?id=two")));
    await left;
    const answers = (await others).map((answer) => (answer as { call: number }[]).length);
    expect(answers).toEqual([20, 20, 20, 20, 20]);
    // The call of the cancelled request went on, since it was handed to waitUntil.
    expect(await get("/calls?id=two")).toBe(1);
  });

  it("takes over within seconds from a request that is cancelled and has no waitUntil", async () => {
    await leave("/alone?id=slow-alone", 100);
    expect(await get("/alone?id=slow-alone")).toEqual({ call: 2 });
  });

  it("shares a batch among requests, also when the request that began it is cancelled", async () => {
    const left = leave("/many?id=a,b", 150);
    await sleep(100);
    const others = await Promise.all(Array.from({ length: 3 }, () => get("/many?id=b,a,c")));
    await left;
    expect(others).toEqual(Array(3).fill([{ call: 1 }, { call: 1 }, { call: 1 }]));
    expect([await get("/calls?id=a"), await get("/calls?id=b"), await get("/calls?id=c")]).toEqual([1, 1, 1]);
  });

  it("takes over a batch within seconds from a request that is cancelled and has no waitUntil", async () => {
    await leave("/many-alone?id=many-alone", 100);
    expect(await get("/many-alone?id=many-alone")).toEqual([{ call: 2 }]);
  });

  it("keeps a lease in a Durable Object alive for a request that is cancelled, and lets others have its result", async () => {
    for (const path of ["/leased", "/leased-page"]) {
      await leave(`${path}?id=${path}`, 100);
      const others = await Promise.all(Array.from({ length: 3 }, () => get(`${path}?id=${path}`)));
      expect(others).toEqual([{ call: 1 }, { call: 1 }, { call: 1 }]);
    }
  });

  it("replaces a holder of a lease that is cancelled and has no waitUntil within seconds, not after the lease's 30", async () => {
    await leave("/leased-alone?id=dead", 100);
    const begun = Date.now();
    expect(await get("/leased-alone?id=dead")).toEqual({ call: 2 });
    expect(Date.now() - begun).toBeLessThan(15_000);
  });

  it("seeds a store and derives keys for other requests when the first one is cancelled", async () => {
    await leave("/seeded", 100);
    expect(await get("/seeded")).toBe("planted");
  });

  it("answers without a scope, too, also to requests at the same time", async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => get("/alone?id=three")));
    expect(answers.every((answer) => (answer as { call: number }).call >= 1)).toBe(true);
    const after = await get("/alone?id=three");
    expect(await get("/alone?id=three")).toEqual(after);
  });

  it("keeps responses from request to request", async () => {
    const first = await harness.fetch("/page?id=four");
    expect(first.headers.get("cache-status")).toBe("edge-key-value; fwd=miss");
    const body = await first.text();
    await sleep(50);
    const second = await harness.fetch("/page?id=four");
    expect(second.headers.get("cache-status")).toMatch(/^edge-key-value; hit; ttl=\d+$/);
    expect(await second.text()).toBe(body);
  });
});

describe("a cached response with Content-Encoding, in a Worker", () => {
  it("reaches every visitor compressed once, whoever compressed it", async () => {
    for (const query of ["manual", "automatic"]) {
      const answers = [];
      for (let visit = 0; visit < 3; visit++) {
        const response = await harness.fetch(`/gzip?${query}`, { headers: { "accept-encoding": "gzip" } });
        answers.push([response.headers.get("cache-status")?.replace(/ttl=\d+/, "ttl"), await response.text()]);
      }
      const [[status, text]] = answers as [[string, string]];
      expect([query, status, /^made at \d$/.test(text)]).toEqual([query, "edge-key-value; fwd=miss", true]);
      for (const hit of answers.slice(1)) expect([query, hit]).toEqual([query, ["edge-key-value; hit; ttl", text]]);
    }
  });
});
