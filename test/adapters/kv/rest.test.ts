import { describe, expect, it } from "#test";
import { type WorkersKVRestOptions, workersKVRestStore } from "../../../src/adapters/workers-kv-rest.ts";
import { conformance } from "../../../src/conformance/index.ts";
import { type KeyValueError, memoryStore } from "../../../src/index.ts";
import { toKVNamespace } from "../../../src/interop/kv-namespace.ts";
import { ACCESS, kvApi, type Namespace, refusal } from "../../support/kv-rest.ts";

const inMemory = () => toKVNamespace(memoryStore()) as unknown as Namespace;

conformance(
  { describe, it, expect },
  "workersKVRestStore",
  () => {
    const namespace = inMemory();
    return workersKVRestStore({ ...ACCESS, keyPrefix: "suite", fetch: kvApi(() => namespace) });
  },
  { timeout: 60_000 },
);

const failureOf = (call: Promise<unknown>): Promise<KeyValueError> =>
  call.then(
    () => Promise.reject(new Error("the call succeeded")),
    (error) => error,
  );

function counted(more: Partial<WorkersKVRestOptions> = {}) {
  const calls: string[] = [];
  const namespace = inMemory();
  return { calls, store: workersKVRestStore({ ...ACCESS, fetch: kvApi(() => namespace, calls), ...more }) };
}

describe("workersKVRestStore", () => {
  it("makes one request for each bulk", async () => {
    const { calls, store } = counted({ keyPrefix: "p" });
    const keys = Array.from({ length: 250 }, (_, i) => `${i}`);
    for (const [expected, call] of [
      ["PUT /bulk", () => store.put("k", 1)],
      ["POST /bulk/get", () => store.get("k")],
      ["PUT /bulk", () => store.putMany(keys.map((key) => [key, key]))],
      ["POST /bulk/get POST /bulk/get POST /bulk/get", () => store.getMany(keys)],
      ["POST /bulk/get POST /bulk/delete", () => store.deleteMany(["1", "2", "3"])],
      ["GET /keys", () => store.listKeys({ limit: 100 })],
      ["GET /keys", () => store.listKeys({ limit: 3 })],
      ["GET /keys POST /bulk/delete", () => store.destroyCollection()],
    ] as const) {
      calls.length = 0;
      await call();
      expect([`${call}`, calls.join(" ")]).toEqual([`${call}`, expected]);
    }
  });

  it("splits a bulk that is over what the API takes", async () => {
    const { calls, store } = counted();
    await store.putMany(Array.from({ length: 10_001 }, (_, i) => [`${i}`, i]));
    expect(calls).toEqual(["PUT /bulk", "PUT /bulk"]);
    calls.length = 0;
    await store.putMany(["a", "b", "c"].map((key) => [key, "x".repeat(12_000_000)]));
    expect(calls).toEqual(["PUT /bulk", "PUT /bulk"]);
  });

  it("lists pages of any size, though the API has none below ten names", async () => {
    const { store } = counted();
    const keys = Array.from({ length: 33 }, (_, i) => `${i}`.padStart(2, "0"));
    await store.putMany(keys.map((key) => [key, key]));
    for (const limit of [1, 4, 9, 10, 11, 1000]) {
      const found: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.listKeys({ limit, cursor });
        expect(page.names.length <= limit).toBe(true);
        found.push(...page.names);
        cursor = page.cursor;
      } while (cursor !== undefined);
      expect([limit, found]).toEqual([limit, keys]);
    }
    for (const cursor of ["x", "{}", "[1,2]", '["",""'])
      expect([cursor, (await failureOf(store.listKeys({ cursor }))).code]).toEqual([cursor, "invalid_cursor"]);
  });

  it("types every failure, with the hint when to come again, and shows no token and no value", async () => {
    const gone = () => Promise.reject(new TypeError("fetch failed"));
    for (const [code, reply] of [
      ["unauthorized", () => refusal(401, "Unable to authenticate request")],
      ["unauthorized", () => refusal(403, "Authentication error")],
      ["misconfigured", () => refusal(404, "namespace not found")],
      ["rate_limited", () => refusal(429, "rate limit", { "retry-after": "17" })],
      ["unavailable", () => refusal(503, "unavailable")],
      ["unavailable", () => new Response("<html>bad gateway</html>", { status: 502 })],
      ["unavailable", () => new Response("<html>a captive portal</html>")],
      ["unavailable", gone],
      ["backend", () => refusal(400, "no")],
    ] as const) {
      const store = workersKVRestStore({ ...ACCESS, keyPrefix: "p", fetch: async () => await reply() });
      for (const call of [
        () => store.get("k"),
        () => store.put("k", "a secret value"),
        () => store.delete("k"),
        () => store.listKeys(),
        () => store.destroy(),
      ]) {
        const error = await failureOf(call());
        expect([`${call}`, error.code, error.store]).toEqual([`${call}`, code, "workers-kv"]);
        expect(error.retryAfter).toBe(code === "rate_limited" ? 17 : undefined);
        expect(/secret/.test(`${error.stack} ${error.cause} ${JSON.stringify(error)}`)).toBe(false);
      }
    }
  });

  it("names the keys that the API did not write", async () => {
    const store = workersKVRestStore({
      ...ACCESS,
      fetch: async () => Response.json({ success: true, result: { unsuccessful_keys: ["default_collection::b"] } }),
    });
    const error = await failureOf(
      store.putMany([
        ["a", 1],
        ["b", 2],
        ["c", 3],
      ]),
    );
    expect([error.code, error.failed, error.key]).toEqual(["unavailable", ["b"], "b"]);
  });

  it("asks for the halves of a bulk whose values are too large together", async () => {
    const namespace = inMemory();
    const api = kvApi(() => namespace);
    let refused = 0;
    const store = workersKVRestStore({
      ...ACCESS,
      fetch: async (url, init) => {
        const { keys = [] } = Object(JSON.parse((init.body as string | undefined) ?? "null"));
        if (keys.length > 2) refused++;
        return keys.length > 2 ? refusal(413, "too large") : api(url, init);
      },
    });
    await store.putMany(["a", "b", "c", "d"].map((key) => [key, key]));
    expect(await store.getMany(["a", "b", "c", "d", "e"])).toEqual(["a", "b", "c", "d", null]);
    expect(refused > 0).toBe(true);
  });

  it("says what is missing", () => {
    for (const name of ["accountId", "namespaceId", "apiToken"]) {
      for (const [wrong, expected] of [
        [undefined, "misconfigured"],
        ["", "misconfigured"],
        [5, "TypeError"],
      ] as const) {
        let error: KeyValueError | undefined;
        try {
          workersKVRestStore({ ...ACCESS, [name]: wrong } as never);
        } catch (thrown) {
          error = thrown as KeyValueError;
        }
        expect([name, error?.message.includes(name), error?.code ?? error?.name]).toEqual([name, true, expected]);
      }
    }
  });
});
