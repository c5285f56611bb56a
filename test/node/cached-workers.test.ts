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
  writeFileSync(configPath, [...lines, "[[kv_namespaces]]", `binding = "KV"`, `id = "cached"`].join("\n"));
  await harness.listen();
});

afterAll(async () => {
  await harness.close();
  rmSync(folder, { recursive: true, force: true });
});

const get = async (path: string, signal?: AbortSignal) => (await harness.fetch(path, signal && { signal })).json();

describe("a cached function that a Worker keeps from request to request, over Workers KV", () => {
  it("shares one call among the callers of a request", async () => {
    const answers = (await get("/?id=one")) as { call: number }[];
    expect([answers.length, new Set(answers.map(({ call }) => call))]).toEqual([20, new Set([1])]);
    expect(await get("/calls?id=one")).toBe(1);
  });

  it("shares nothing between requests but what is stored, so that one that is cancelled takes no other along", async () => {
    const controller = new AbortController();
    const cancelled = get("/?id=two", controller.signal).catch(() => "cancelled");
    await sleep(100);
    const others = Promise.all(Array.from({ length: 5 }, () => get("/?id=two")));
    await sleep(50);
    controller.abort();
    expect(await cancelled).toBe("cancelled");
    const answers = (await others).map((answer) => (answer as { call: number }[]).length);
    expect(answers).toEqual([20, 20, 20, 20, 20]);
    expect(await get("/calls?id=two")).toBe(6);
    // What is stored is stored after the answers.
    await sleep(200);
    const before = await get("/?id=two");
    expect(await get("/?id=two")).toEqual(before);
    expect(await get("/calls?id=two")).toBe(6);
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
