import { env } from "cloudflare:workers";
import { describe, expect, it } from "#test";
import { type WorkersKV, workersKVStore } from "../../src/adapters/workers-kv.ts";
import { KeyValueError } from "../../src/index.ts";

const KV = (env as { KV: KVNamespace }).KV;

/** A binding that counts its calls, and fails those that `refuse` names. */
function counting(refuse: (method: string, name: unknown) => string | TypeError | undefined = () => undefined) {
  const calls: string[] = [];
  const call =
    <A extends unknown[], R>(method: string, run: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      calls.push(method);
      const message = refuse(method, args[0]);
      if (message) throw typeof message === "string" ? new Error(message) : message;
      return run(...args);
    };
  const binding = {
    getWithMetadata: call("get", (names: string & string[], options: { type: "text" }) =>
      KV.getWithMetadata(names, options),
    ),
    put: call("put", KV.put.bind(KV)),
    delete: call("delete", KV.delete.bind(KV)),
    list: call("list", KV.list.bind(KV)),
  } as unknown as WorkersKV;
  return { calls, binding };
}

async function failure(promise: Promise<unknown>): Promise<KeyValueError> {
  return promise.then(
    () => expect("a failure").toBe("no failure") as never,
    (error) => error,
  );
}

/** A binding that lists a thousand of these names at a time, as KV does, refuses to list more, and forgets what is deleted. */
function listing(names: string[], metadataOf: (name: string) => unknown = () => null) {
  const left = new Set(names.sort());
  const limits: unknown[] = [];
  const binding = {
    ...counting().binding,
    delete: async (name: string) => void left.delete(name),
    async list({ prefix, cursor = "", limit = 1000 }: Parameters<WorkersKV["list"]>[0]) {
      limits.push(limit);
      if (limit > 1000) throw new Error("KV LIST failed: 400 Invalid limit");
      const found = [...left].filter((name) => name.startsWith(prefix) && name > (cursor ?? ""));
      const keys = found.slice(0, limit).map((name) => ({ name, metadata: metadataOf(name) }));
      return found.length > limit
        ? { keys, list_complete: false, cursor: keys.at(-1)?.name }
        : { keys, list_complete: true };
    },
  } as unknown as WorkersKV;
  return { binding, left, limits };
}

const numbered = (count: number, start: string) =>
  Array.from({ length: count }, (_, i) => `${start}${String(i).padStart(4, "0")}`);

describe("workersKVStore", () => {
  it("asks for no page of over a thousand names, and gives as many pages as there are", async () => {
    const { binding, limits } = listing(numbered(2500, "many::k"));
    const store = workersKVStore(binding, { defaultCollection: "many" });
    const page = await store.listKeys({ limit: 5000 });
    expect([page.names.length, page.cursor, limits]).toEqual([1000, "many::k0999", [1000]]);
    expect(await Array.fromAsync(store.keys())).toEqual(numbered(2500, "k"));
  });

  it("refuses a cursor that KV refuses, and takes no other failure for that", async () => {
    const failing = (message: string) => {
      const list = async () => {
        throw new Error(message);
      };
      return workersKVStore({ ...counting().binding, list } as unknown as WorkersKV);
    };
    const codeOf = async (message: string, cursor?: string) =>
      (await failure(failing(message).listKeys({ cursor }))).code;
    expect(await codeOf("KV GET failed: 400 Bad Request", "tampered")).toBe("invalid_cursor");
    expect(await codeOf("KV GET failed: 400 Bad Request")).toBe("backend");
    expect(await codeOf("KV GET failed: 503 Service Unavailable", "a cursor")).toBe("unavailable");
    expect(await codeOf("KV GET failed: 429 Too Many Requests", "a cursor")).toBe("rate_limited");
  });

  it("finds collections behind the first thousand names, and destroys them all", async () => {
    const names = ["a", "b", "c"].flatMap((collection) => numbered(900, `app::${collection}::k`));
    const { binding, left } = listing([...names, "app2::a::k"]);
    const store = workersKVStore(binding, { keyPrefix: "app" });
    expect((await store.listCollections()).names).toEqual(["a", "b", "c"]);
    expect(await store.destroyCollection({ collection: "b" })).toBe(true);
    expect(left.size).toBe(1801);
    expect(await store.destroy()).toBe(true);
    expect([...left]).toEqual(["app2::a::k"]);
  });

  it("goes on over pages on which everything has expired", async () => {
    const { binding, limits } = listing(numbered(1300, "old::k"), (name) =>
      name === "old::k1200" ? null : { v: 1, createdAt: 1, expiresAt: 2 },
    );
    const store = workersKVStore(binding, { defaultCollection: "old" });
    expect(await store.listKeys({ limit: 100 })).toEqual({ names: ["k1200"] });
    expect(limits.length).toBe(13);
    expect(await Array.fromAsync(store.keys())).toEqual(["k1200"]);
  });

  it("lets a location answer from its cache for as long as it is told, but not for less than KV takes", async () => {
    const seen: unknown[] = [];
    const binding = {
      ...counting().binding,
      async getWithMetadata(names: string | string[], options: unknown) {
        seen.push(options);
        return typeof names === "string" ? { value: null, metadata: null } : new Map();
      },
    } as unknown as WorkersKV;
    const store = workersKVStore(binding, { cacheTtl: 30 });
    await store.get("a");
    await store.getMany(["a", "b"]);
    await workersKVStore(binding).get("a");
    expect(seen).toEqual([{ cacheTtl: 30 }, { cacheTtl: 30 }, {}]);
    expect(() => workersKVStore(binding, { cacheTtl: 29 })).toThrow(TypeError);
  });

  it("stores plain JSON under collection::key, with the times in the metadata", async () => {
    const store = workersKVStore(KV);
    await store.put("plain", { a: 1 }, { collection: "users", ttl: 3600 });
    expect(await KV.get("users::plain", "json")).toEqual({ a: 1 });
    const { metadata } = await KV.getWithMetadata<{ v: number; expiresAt: number; createdAt: number }>("users::plain");
    expect(metadata?.v).toBe(1);
    expect((metadata?.expiresAt ?? 0) - (metadata?.createdAt ?? 0)).toBe(3600_000);
  });

  it("reads entries that another program wrote without metadata, or with its own", async () => {
    await KV.put("foreign::bare", '{"x":1}');
    await KV.put("foreign::tagged", '{"x":2}', { metadata: { expiresAt: 5 } });
    const store = workersKVStore(KV, { defaultCollection: "foreign" });
    expect(await store.ttl("bare")).toEqual({ value: { x: 1 }, ttl: null });
    expect(await store.get("tagged")).toEqual({ x: 2 });
    expect(await Array.fromAsync(store.keys())).toEqual(["bare", "tagged"]);
  });

  it("ends a TTL of under a minute on time, also in listings and for delete", async () => {
    const store = workersKVStore(KV, { defaultCollection: "short" });
    await store.put("k", 1, { ttl: 5 });
    const { now } = Date;
    try {
      expect(await store.get("k")).toBe(1);
      Date.now = () => now() + 5001;
      expect(await store.get("k")).toBe(null);
      expect((await store.listKeys()).names).toEqual([]);
      expect(await store.delete("k")).toBe(false);
    } finally {
      Date.now = now;
    }
  });

  it("rounds the native expiry up, never under a minute, and leaves out what is beyond an int32", async () => {
    const seen: unknown[] = [];
    const binding = { ...counting().binding, put: async (...args: unknown[]) => void seen.push(args[2]) } as WorkersKV;
    const store = workersKVStore(binding);
    for (const ttl of [0.5, 90.25, 3e9]) await store.put("k", 1, { ttl });
    expect(seen.map((options) => (options as { expirationTtl?: number }).expirationTtl)).toEqual([60, 92, undefined]);
  });

  it("reads a key with one call and n keys with one for each hundred, and writes a key with one", async () => {
    const { calls, binding } = counting();
    const store = workersKVStore(binding, { defaultCollection: "counted" });
    const keys = Array.from({ length: 250 }, (_, i) => `k${i}`);
    await store.putMany(keys.map((key, i) => [key, i]));
    expect(calls).toEqual(keys.map(() => "put"));
    calls.length = 0;
    expect(await store.getMany([...keys, "none", "k3"])).toEqual([...keys.keys(), null, 3]);
    expect(calls).toEqual(["get", "get", "get"]);
    calls.length = 0;
    expect(await store.get("k7")).toBe(7);
    expect(calls).toEqual(["get"]);
  });

  it("reads six hundreds of keys at a time, and names all keys when one of the calls fails", async () => {
    let [open, most, calls] = [0, 0, 0];
    let broken = false;
    const binding = {
      ...counting().binding,
      async getWithMetadata(names: string[]) {
        most = Math.max(most, ++open);
        calls++;
        await new Promise((resolve) => setTimeout(resolve, 1));
        open--;
        if (broken && names.includes("default_collection::k950")) throw new Error("KV GET failed: 503");
        return new Map(names.map((name) => [name, { value: JSON.stringify(name), metadata: null }]));
      },
    } as unknown as WorkersKV;
    const store = workersKVStore(binding);
    const keys = Array.from({ length: 1000 }, (_, i) => `k${i}`);
    expect(await store.getMany(keys)).toEqual(keys.map((key) => `default_collection::${key}`));
    expect([calls, most]).toEqual([10, 6]);
    broken = true;
    const error = await failure(store.getMany(keys));
    expect([error.code, error.failed?.length, open]).toEqual(["unavailable", 1000, 0]);
  });

  it("deletes with a read first, or without when told not to answer truly", async () => {
    const { calls, binding } = counting();
    expect(await workersKVStore(binding).delete("nothing")).toBe(false);
    expect(calls).toEqual(["get", "delete"]);
    calls.length = 0;
    expect(await workersKVStore(binding, { checkDeletes: false }).deleteMany(["nothing", "either"])).toBe(2);
    expect(calls).toEqual(["delete", "delete"]);
  });

  it("asks in halves for what would be more than 25 MB at once", async () => {
    const { calls, binding } = counting();
    const store = workersKVStore(binding, { defaultCollection: "large" });
    const text = "x".repeat(9 * 1024 * 1024);
    await store.putMany(["a", "b", "c"].map((key) => [key, text]));
    calls.length = 0;
    const values = await store.getMany<string>(["a", "b", "none", "c"]);
    expect(values.map((value) => value?.length)).toEqual([text.length, text.length, undefined, text.length]);
    expect(calls.length).toBeGreaterThan(2);
  });

  it("writes at most six at a time, tries the rest when some fail, and names those that failed", async () => {
    let open = 0;
    let most = 0;
    const written: string[] = [];
    const binding = {
      ...counting().binding,
      async put(name: string) {
        most = Math.max(most, ++open);
        await new Promise((resolve) => setTimeout(resolve, 1));
        open--;
        if (name.endsWith("3") || name.endsWith("5")) throw new Error("KV PUT failed: 429 Too Many Requests");
        written.push(name);
      },
    } as WorkersKV;
    const store = workersKVStore(binding);
    const error = await failure(store.putMany(Array.from({ length: 10 }, (_, i) => [`k${i}`, i])));
    expect(error).toBeInstanceOf(KeyValueError);
    expect(error.code).toBe("rate_limited");
    expect([...(error.failed ?? [])].sort()).toEqual(["k3", "k5"]);
    expect(written.length).toBe(8);
    expect(most).toBe(6);
  });

  it("tells failures apart", async () => {
    for (const [message, code] of [
      ["KV GET failed: 429 Too Many Requests", "rate_limited"],
      ["KV GET failed: 503 Service Unavailable", "unavailable"],
      ["KV GET failed: 400 Bad Request", "backend"],
      [new TypeError("Network connection lost"), "unavailable"],
    ] as const) {
      const { binding } = counting(() => message);
      const error = await failure(workersKVStore(binding).get("k", { collection: "c" }));
      expect([error.code, error.store, error.collection, error.key]).toEqual([code, "workers-kv", "c", "k"]);
    }
  });

  it("takes also what a binding throws at once for a failure of the backend", async () => {
    const broken = { ...counting().binding } as Record<string, unknown>;
    for (const method of ["getWithMetadata", "put", "delete", "list"]) {
      broken[method] = () => {
        throw new Error("KV failed: 503");
      };
    }
    const store = workersKVStore(broken as unknown as WorkersKV, { checkDeletes: false });
    for (const call of [
      () => store.get("k"),
      () => store.put("k", 1),
      () => store.delete("k"),
      () => store.listKeys(),
      () => store.listCollections(),
    ]) {
      expect((await failure(call())).code).toBe("unavailable");
    }
  });

  it("answers corrupt bytes with a typed error, or with a miss when asked to", async () => {
    await KV.put("corrupt::k", "{not json");
    await KV.put("corrupt::null", "null");
    const store = workersKVStore(KV, { defaultCollection: "corrupt" });
    expect((await failure(store.get("k"))).code).toBe("corrupted");
    expect((await failure(store.get("null"))).code).toBe("corrupted");
    const lenient = workersKVStore(KV, { defaultCollection: "corrupt", onCorrupt: "miss" });
    expect(await lenient.getMany(["k", "null"])).toEqual([null, null]);
  });

  it("keeps names of over 512 bytes apart and gives them back whole, also under a long prefix", async () => {
    const store = workersKVStore(KV, { keyPrefix: "long \u{1F600}" });
    const start = "é".repeat(300);
    const keys = [`${start}a`, `${start}b`, `${start}\u{1F600}"quoted"`, "x".repeat(800)];
    await store.putMany(keys.map((key, i) => [key, i]));
    expect(await store.getMany(keys)).toEqual([0, 1, 2, 3]);
    const listed = await Array.fromAsync(store.keys());
    expect(listed.sort()).toEqual([...keys].sort());
    expect((await Array.fromAsync(store.keys({ prefix: start }))).sort()).toEqual(keys.slice(0, 3).sort());
    expect(await Array.fromAsync(store.keys({ prefix: `${start}b` }))).toEqual([`${start}b`]);
    expect(await store.delete(keys[0] as string)).toBe(true);
    expect(await store.destroy()).toBe(true);
    expect(await Array.fromAsync(store.keys())).toEqual([]);
  });

  it("refuses names and values that KV cannot hold before anything is sent", async () => {
    const { calls, binding } = counting();
    const store = workersKVStore(binding);
    const long = await failure(
      store.putMany([
        ["ok", 1],
        ["x".repeat(2000), 1],
      ]),
    );
    expect([long.code, long.limit, (long.size ?? 0) > 2000]).toEqual(["too_large", 1024, true]);
    const large = await failure(store.put("k", "x".repeat(25 * 1024 * 1024 - 1)));
    expect([large.code, large.size, large.limit]).toEqual(["too_large", 25 * 1024 * 1024 + 1, 25 * 1024 * 1024]);
    expect(calls).toEqual([]);
    const longest = "x".repeat(940 - "default_collection::".length);
    await store.put(longest, 1, { ttl: 1e11 });
    expect(await store.get(longest)).toBe(1);
  });

  it("pages through keys and collections, past expired names and with deletions in between", async () => {
    const store = workersKVStore(KV, { keyPrefix: "paged" });
    for (const collection of ["a", "a:b", "b", "c"]) {
      await store.putMany(
        Array.from({ length: 5 }, (_, i) => [`k${i}`, i]),
        { collection },
      );
    }
    const first = await store.listKeys({ collection: "a", limit: 2 });
    expect(first.names).toEqual(["k0", "k1"]);
    await store.deleteMany(["k1", "k2"], { collection: "a" });
    const second = await store.listKeys({ collection: "a", limit: 2, ...first });
    expect(second.names).toEqual(["k3", "k4"]);

    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.listCollections({ limit: 1, cursor });
      expect(page.names.length <= 1).toBe(true);
      names.push(...page.names);
      if (page.names[0] === "a:b") await store.destroyCollection({ collection: "a:b" });
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(names).toEqual(["a", "a:b", "b", "c"]);
    expect(await Array.fromAsync(store.collections({ prefix: "a" }))).toEqual(["a"]);
    expect(await store.destroyCollection({ collection: "a:b" })).toBe(false);
  });

  it("destroys what its prefix owns and nothing else, and cannot destroy without one", async () => {
    const one = workersKVStore(KV, { keyPrefix: "app" });
    const two = workersKVStore(KV, { keyPrefix: "app2" });
    const colon = workersKVStore(KV, { keyPrefix: "app:" });
    for (const store of [one, two, colon]) await store.put("k", 1);
    expect(await one.destroy()).toBe(true);
    expect([await one.get("k"), await two.get("k"), await colon.get("k")]).toEqual([null, 1, 1]);
    expect("destroy" in workersKVStore(KV)).toBe(false);
  });

  it("names by their keys what could not be destroyed, expired entries too", async () => {
    const { binding } = counting((method) => (method === "delete" ? "KV DELETE failed: 503" : undefined));
    const store = workersKVStore(binding, { keyPrefix: "stuck" });
    const keys = ["k", "x".repeat(600)];
    await store.putMany(
      keys.map((key) => [key, 1]),
      { ttl: 5 },
    );
    const { now } = Date;
    try {
      for (const later of [0, 5001]) {
        Date.now = () => now() + later;
        expect([...((await failure(store.destroyCollection())).failed ?? [])].sort()).toEqual(keys);
      }
    } finally {
      Date.now = now;
    }
  });

  it("lists no name that it would not have written, and still leaves none of them under its prefix", async () => {
    const store = workersKVStore(KV, { keyPrefix: "mixed" });
    for (const name of ["mixed::no-address", "mixed::a::%25uD", "mixed::a%25::k"]) await KV.put(name, "1");
    expect(await Array.fromAsync(store.collections())).toEqual([]);
    expect(await Array.fromAsync(store.keys({ collection: "a" }))).toEqual([]);
    expect(await store.destroyCollection({ collection: "a" })).toBe(false);
    expect((await KV.list({ prefix: "mixed::" })).keys.map(({ name }) => name)).toEqual([
      "mixed::a%25::k",
      "mixed::no-address",
    ]);
    expect(await store.destroy()).toBe(false);
    expect((await KV.list({ prefix: "mixed::" })).keys).toEqual([]);
  });

  it("refuses at once what is no binding", () => {
    for (const wrong of [undefined, null, {}, "KV", new Map()]) {
      expect(() => workersKVStore(wrong as never)).toThrow(TypeError);
    }
    for (const missing of [undefined, null]) {
      expect(() => workersKVStore(missing as never)).toThrow(
        `namespace is ${missing}: is there a KV binding of that name in your Wrangler config?`,
      );
    }
  });

  it("has no atomic operations, since KV has nothing to build them on", () => {
    const store = workersKVStore(KV);
    expect(["putIfAbsent", "take", "update", "increment"].filter((method) => method in store)).toEqual([]);
  });
});
