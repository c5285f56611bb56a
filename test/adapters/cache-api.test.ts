import { describe, expect, it } from "#test";
import { type CacheClient, cacheAPIStore } from "../../src/adapters/cache-api.ts";
import { conformance } from "../../src/conformance/index.ts";
import { type KeyValueError, toDriver } from "../../src/index.ts";

/** A cache in memory, for runtimes that have none. */
function cacheInMemory(): CacheClient {
  const stored = new Map<string, Response>();
  return {
    match: async (url) => stored.get(url)?.clone(),
    put: async (url, response) => stored.set(url, response),
    delete: async (url) => stored.delete(url),
  };
}

const openCache = async (): Promise<CacheClient> =>
  "caches" in globalThis ? await caches.open("edge-key-value-tests") : cacheInMemory();

// Some runtimes keep a cache from one run to the next.
const run = crypto.randomUUID();
let stores = 0;
const freshOrigin = () => `https://${run}-${stores++}.invalid`;

conformance(
  { describe, it, expect },
  "cacheAPIStore",
  async () => cacheAPIStore(await openCache(), { origin: freshOrigin() }),
  { capabilities: [] },
);

const failureOf = (call: Promise<unknown>): Promise<KeyValueError> =>
  call.then(
    () => Promise.reject(new Error("the call succeeded")),
    (error) => error,
  );

/** A cache that notes its calls. */
async function counted(calls: string[]): Promise<CacheClient> {
  const cache = await openCache();
  const note = <T>(name: string, result: T): T => {
    calls.push(name);
    return result;
  };
  return {
    match: (url) => note("match", cache.match(url)),
    put: (url, response) => note("put", cache.put(url, response)),
    delete: (url) => note("delete", cache.delete(url)),
  };
}

describe("cacheAPIStore", () => {
  it("makes one call for each key, and reads before a delete", async () => {
    const calls: string[] = [];
    const store = cacheAPIStore(await counted(calls), { origin: freshOrigin() });
    for (const [expected, call] of [
      ["put", () => store.put("k", 1, { ttl: 60 })],
      ["match", () => store.get("k")],
      ["match", () => store.ttl("k")],
      [
        "put put",
        () =>
          store.putMany([
            ["a", 1],
            ["b", 2],
          ]),
      ],
      ["match match match", () => store.getMany(["a", "b", "c"])],
      ["match delete", () => store.delete("a")],
    ] as const) {
      calls.length = 0;
      await call();
      expect([`${call}`, calls.join(" ")]).toEqual([`${call}`, expected]);
    }
  });

  it("keeps JSON, its times and how long the cache may keep it", async () => {
    const cache = await openCache();
    const origin = freshOrigin();
    const store = cacheAPIStore(cache, { origin });
    await store.put("a/b?é", { a: 1 }, { ttl: 90, collection: "c" });
    await store.put("forever", 1, { collection: "c" });
    const response = (await cache.match(`${origin}/c%3A%3Aa%2Fb%3F%C3%A9`)) as Response;
    expect(await response.text()).toBe('{"a":1}');
    expect(response.headers.get("cache-control")).toBe("max-age=91");
    const forever = (await cache.match(`${origin}/c%3A%3Aforever`)) as Response;
    await forever.text();
    expect(forever.headers.get("cache-control")).toBe("max-age=31536000");
    expect(await cacheAPIStore(cache, { origin: freshOrigin() }).get("forever", { collection: "c" })).toBe(null);
  });

  it("says that it is eventual and may lose entries, and has neither listings nor atomic operations", async () => {
    const store = cacheAPIStore(await openCache());
    const { consistency, lossy } = toDriver(store);
    expect([consistency, lossy]).toEqual(["eventual", true]);
    for (const method of ["listKeys", "listCollections", "destroy", "putIfAbsent", "cull"]) {
      expect([method, method in store]).toEqual([method, false]);
    }
  });

  it("reads what is not an entry as corrupted, or as missing when asked, and deletes it", async () => {
    const cache = await openCache();
    const origin = freshOrigin();
    const store = cacheAPIStore(cache, { origin });
    const url = `${origin}/default_collection%3A%3Ak`;
    for (const [body, headers] of [
      ["not JSON", {}],
      ["null", {}],
      ["1", { "x-expires-at": "soon" }],
      ["1", { "x-created-at": "9".repeat(16) }],
    ] as const) {
      await cache.put(url, new Response(body, { headers: { ...headers, "cache-control": "max-age=60" } }));
      const error = await failureOf(store.get("k"));
      expect([body, error.code, error.key, error.store]).toEqual([body, "corrupted", "k", "cache-api"]);
      expect(await cacheAPIStore(cache, { origin, onCorrupt: "miss" }).get("k")).toBe(null);
      expect(await store.delete("k")).toBe(true);
      expect(await store.get("k")).toBe(null);
    }
  });

  it("refuses URLs that are too long before it calls the cache", async () => {
    const calls: string[] = [];
    const store = cacheAPIStore(await counted(calls));
    const key = "é".repeat(3000);
    for (const call of [
      () => store.get(key),
      () =>
        store.putMany([
          ["a", 1],
          [key, 1],
        ]),
      () => store.deleteMany(["a", key]),
    ]) {
      const { code, limit } = await failureOf(call());
      expect([code, limit]).toEqual(["too_large", 16384]);
    }
    expect(calls).toEqual([]);
  });

  it("types every failure, and names the keys that failed", async () => {
    for (const [code, message] of [
      ["too_large", "Cache API PUT failed: 413 Payload Too Large"],
      ["rate_limited", "Cache API failed: 429"],
      ["rate_limited", "Too many subrequests by single Worker invocation."],
      ["unavailable", "Cache API GET failed: 503"],
      ["unavailable", "Network connection lost."],
      ["full", "QuotaExceededError: the quota has been exceeded"],
      ["backend", "no"],
    ] as const) {
      const fail = () => Promise.reject(new Error(message));
      const store = cacheAPIStore({ match: fail, put: fail, delete: fail });
      for (const call of [() => store.get("k"), () => store.put("k", "secret"), () => store.delete("k")]) {
        const error = await failureOf(call());
        expect([message, error.code, error.key, error.store]).toEqual([message, code, "k", "cache-api"]);
      }
      const bulk = await failureOf(store.getMany(["a", "b"]));
      expect([bulk.code, bulk.failed]).toEqual([code, ["a", "b"]]);
    }
  });

  it("refuses what is no cache, and an origin that is none", async () => {
    const cache = await openCache();
    for (const wrong of [undefined, null, {}, new Map()])
      expect(() => cacheAPIStore(wrong as never)).toThrow(TypeError);
    for (const origin of ["", "example.com", "ftp://x", "https://a/b", "https://", 5]) {
      expect(() => cacheAPIStore(cache, { origin: origin as never })).toThrow(TypeError);
    }
  });
});
