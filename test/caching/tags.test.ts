import { describe, expect, it } from "#test";
import { invalidateTags, pathTags } from "../../src/cache-tags.ts";
import { type CachedOptions, cached } from "../../src/cached.ts";
import { type CachedResponseOptions, cachedResponse } from "../../src/cached-response.ts";
import { type AsyncKeyValue, createStore, KeyValueError, memoryStore, toDriver } from "../../src/index.ts";
import { at, deferred, failure, withoutSwap } from "../support/caching.ts";
import { memoryDriverCalls } from "../support/driver-calls.ts";
import { inVirtualTime } from "../support/virtual-time.ts";

const DAY = 86_400_000;

/** A function that counts its calls. */
function counter(store: AsyncKeyValue, options: Partial<CachedOptions<[id: string], number>> = {}) {
  let calls = 0;
  return cached(store, async (_: string) => ++calls, { key: (id) => id, ttl: 3600, tags: (_, id) => [id], ...options });
}

const kinds: [string, () => AsyncKeyValue][] = [
  ["with swap", () => memoryStore()],
  ["without swap", () => withoutSwap()],
  ["that is not ours", () => ({ ...memoryStore() })],
];

for (const [kind, storeOf] of kinds) {
  describe(`tags over a store ${kind}`, () => {
    it("make all results with them unusable at once, in every isolate, and no other result", async () => {
      const store = storeOf();
      const [here, there] = [counter(store), counter(store)];
      expect([await here("a"), await here("b"), await there("a"), await there("b")]).toEqual([1, 2, 1, 2]);
      await invalidateTags(store, ["a"]);
      expect([await here.peek("a"), (await here.peek("b"))?.value]).toEqual([null, 2]);
      expect([await there("a"), await there("b"), await here("a"), await here("b")]).toEqual([1, 2, 1, 2]);
      await invalidateTags(store, ["a", "b", "unknown"]);
      expect([await here("a"), await here("b")]).toEqual([3, 4]);
      await invalidateTags(store, []);
      expect([await there("a"), await there("b")]).toEqual([3, 4]);
    });

    it("keep out the result of a call that began before, wherever the function is running", async () => {
      for (const first of ["unknown", "known"]) {
        const store = storeOf();
        let data = "old";
        let gate: Promise<unknown> = Promise.resolve();
        const fn = async () => {
          const read = data;
          await gate;
          return read;
        };
        const options = { key: () => "k", ttl: 3600, tags: ["t"], lock: { wait: 5 } };
        const [here, there] = [cached(store, fn, options), cached(store, fn, options)];
        if (first === "known") {
          await here();
          await here.invalidate();
        }
        const slow = deferred<void>();
        gate = slow.promise;
        const before = here();
        await new Promise((resolve) => setTimeout(resolve, 5));
        data = "new";
        await invalidateTags(store, ["t"]);
        gate = Promise.resolve();
        // Neither may join the slow call; they may wait for it.
        const after = [here(), here(), there(), here.with({})()];
        await new Promise((resolve) => setTimeout(resolve, 5));
        slow.resolve();
        expect([first, await before, ...(await Promise.all(after))]).toEqual([
          ...[first, "old"],
          ...["new", "new", "new", "new"],
        ]);
        expect([await here(), await there()]).toEqual(["new", "new"]);
      }
    });

    it("make results stale instead of unusable when the invalidation is soft", async () => {
      const store = storeOf();
      const get = counter(store, { staleWhileRevalidate: 60 });
      await get("a");
      await invalidateTags(store, ["a"], { soft: true });
      expect((await get.peek("a"))?.stale).toBe(true);
      expect(await get("a")).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect([await get("a"), (await get.peek("a"))?.stale]).toEqual([2, false]);
    });

    it("leave gone what is gone, whatever soft invalidations follow", async () => {
      const store = storeOf();
      const get = counter(store);
      await get("a");
      await invalidateTags(store, ["a"]);
      await invalidateTags(store, ["a"], { soft: true });
      expect([await get.peek("a"), await get("a"), await get("a")]).toEqual([null, 2, 2]);
    });
  });
}

describe("tags", () => {
  it("cost a hit nothing: the result and all stamps are one bulk read", async () => {
    const { store: counted, calls } = memoryDriverCalls();
    const driver = toDriver(counted);
    // As most backends do, this one returns versions with every read.
    const read: typeof driver.read = (collection, keys) => driver.read(collection, keys, { fresh: true });
    const store = createStore({ ...driver, read });
    const get = counter(store, { tags: ["one", "two", "three"] });
    await get("a");
    calls.length = 0;
    await get("a");
    expect(calls.splice(0)).toEqual(["read"]);
    await invalidateTags(store, ["two"]);
    expect(calls.splice(0)).toEqual(["write"]);
    await get("a");
    expect(calls.splice(0)).toEqual(["read", "swap", "swap"]);
    // Another isolate does not know the tags yet.
    const other = counter(store, { tags: ["one", "two", "three"] });
    await other("a");
    expect(calls.splice(0)).toEqual(["read", "read"]);
    await other("a");
    expect(calls.splice(0)).toEqual(["read"]);
  });

  it("take effect across collections, and may be kept in a store of their own", async () => {
    const [results, stamps] = [memoryStore(), memoryStore()];
    const users = counter(results, { collection: "users", tagStore: stamps });
    const teams = counter(results, { collection: "teams", tagStore: stamps });
    await Promise.all([users("a"), teams("a")]);
    await invalidateTags(results, ["a"]);
    expect([await users("a"), await teams("a")]).toEqual([1, 1]);
    await invalidateTags(stamps, ["a"]);
    expect([await users("a"), await teams("a"), await users("a")]).toEqual([2, 2, 2]);
  });

  it("come from the result and the arguments, once each; what they throw keeps the result out", async () => {
    const store = memoryStore();
    const errors: unknown[] = [];
    let tags: unknown = ["x", "x", "y"];
    const get = counter(store, { tags: () => tags as string[], onError: (error) => errors.push(error) });
    await get("a");
    await invalidateTags(store, ["y"]);
    expect(await get("a")).toBe(2);
    for (const wrong of ["x", [""], [1], null]) {
      tags = wrong;
      expect([(await get(`${wrong}`)) > 2, await get.peek(`${wrong}`)]).toEqual([true, null]);
    }
    expect(errors.length).toBe(4);
    expect(errors.every((error) => error instanceof TypeError)).toBe(true);
  });

  it("hold for as long as any result lives: none comes back when its stamp has expired", async () => {
    const store = memoryStore();
    const get = counter(store, { ttl: 400 * 86_400 });
    await get("a");
    const other = counter(store, { ttl: 400 * 86_400 });
    await invalidateTags(store, ["a"]);
    for (const days of [1, 28.5, 29.5, 31, 399]) {
      await at(days * DAY, async () => expect(await other.peek("a")).toBe(null));
    }
    // A result that was made after the invalidation lives as long, and no longer.
    await get("a");
    await at(28.9 * DAY, async () => expect((await other.peek("a"))?.value).toBe(2));
    await at(29.1 * DAY, async () => expect(await other.peek("a")).toBe(null));
  });

  it("grow with the tags that were invalidated in the last 30 days, and with nothing else", async () => {
    const store = memoryStore();
    for (let i = 0; i < 10; i++) await invalidateTags(store, ["a", "b"]);
    expect((await store.listKeys()).names.length).toBe(2);
    await at(31 * DAY, async () => {
      await store.cull();
      expect((await store.listKeys()).names).toEqual([]);
    });
  });

  it("are not fooled by the clock of whoever invalidates", async () => {
    for (const skew of [-9000, 9000]) {
      const store = memoryStore();
      const [get, other] = [counter(store), counter(store)];
      await get("a");
      await at(skew, () => invalidateTags(store, ["a"]));
      expect([skew, await get("a"), await other("a"), await get("a")]).toEqual([skew, 2, 2, 2]);
    }
  });

  it("may be of any length and any characters", async () => {
    const store = memoryStore();
    const tags = ["a".repeat(5000), "\u0000", "__proto__", "ü,€"];
    const get = counter(store, { tags });
    await get("a");
    for (const [i, tag] of tags.entries()) {
      await invalidateTags(store, [tag]);
      expect(await get("a")).toBe(i + 2);
    }
  });

  it("take damaged stamps for none, and results with damaged tags for nothing", async () => {
    const store = memoryStore();
    const get = counter(store, { tags: ["t"] });
    await get("a");
    const entry = (await store.get("a")) as { __cached__: Record<string, unknown> };
    for (const stamp of [
      1,
      "x",
      { __tag__: null },
      { __tag__: { id: 1, gone: "", at: 0 } },
      { __tag__: { id: "a" } },
    ]) {
      await store.put("__tag__ t", stamp);
      expect(await get("a")).toBe(1);
    }
    for (const tags of [1, "t", [1], [[1]], [[]], { t: 1 }]) {
      await store.put("a", { ...entry, __cached__: { ...entry.__cached__, tags } });
      expect(await get.peek("a")).toBe(null);
    }
  });

  it("do not return what may be invalid when stamps cannot be read", async () => {
    let isDown = false;
    const driver = toDriver(memoryStore());
    const stamps = createStore({
      ...driver,
      read: (...args: Parameters<typeof driver.read>) => {
        if (isDown) throw new Error("down");
        return driver.read(...args);
      },
    });
    const get = counter(memoryStore(), { tagStore: stamps });
    await get("a");
    isDown = true;
    expect(await get("a")).toBe(2);
    isDown = false;
    await at(2000, async () => expect(await get("a")).toBe(1));
    const strict = counter(memoryStore(), { tagStore: stamps, onStoreError: "throw" });
    isDown = true;
    const error = (await failure(strict("b"))) as KeyValueError;
    expect([error.code, error.message]).toEqual(["backend", "the stamps of tags could not be read"]);
    expect((error.cause as Error).message).toBe("down");
  });

  it("say why a result was not cached when stamps cannot be read, and keep the code of the failure", async () => {
    const read = async (): Promise<never> => {
      throw new KeyValueError("unavailable", "cannot connect");
    };
    const tagStore = createStore({ ...toDriver(memoryStore()), read });
    const text = "the stamps of tags could not be read: cannot connect";
    const heard: unknown[] = [];
    const onError = (error: unknown) => heard.push([(error as KeyValueError).code, (error as Error).message]);
    expect(await counter(memoryStore(), { tagStore, onError })("a")).toBe(1);
    expect(heard).toEqual([["unavailable", text]]);
    const { warn } = console;
    const warnings: unknown[][] = [];
    console.warn = (...args) => warnings.push(args);
    try {
      const get = counter(memoryStore(), { tagStore });
      expect([await get("a"), await get("b")]).toEqual([1, 2]);
    } finally {
      console.warn = warn;
    }
    expect(warnings.map(([what, why]) => [what, (why as Error).message])).toEqual([
      ["edge-key-value: a result was not cached.", text],
    ]);
  });

  it("leave gone what is gone when a soft invalidation comes at the same time, over a store with swap", async () => {
    for (const order of [
      [true, false],
      [false, true],
    ]) {
      const store = memoryStore();
      const get = counter(store, { staleWhileRevalidate: 60 });
      await get("a");
      await Promise.all(order.map((soft) => invalidateTags(store, ["a"], { soft })));
      expect(await get.peek("a")).toBe(null);
    }
  });

  it("let many callers after an invalidation share one run", async () => {
    await inVirtualTime(async () => {
      const store = memoryStore();
      let calls = 0;
      const fn = async () => {
        calls++;
        await new Promise((resolve) => setTimeout(resolve, 100));
        return calls;
      };
      const gets = [1, 2, 3, 4].map(() => cached(store, fn, { key: () => "k", ttl: 60, tags: ["t"] }));
      const all = () => Promise.all(Array.from({ length: 200 }, (_, i) => gets[i % 4]!.with({ i })()));
      await all();
      expect(calls).toBe(1);
      await invalidateTags(store, ["t"]);
      expect(new Set(await all())).toEqual(new Set([2]));
      expect(calls).toBe(2);
    });
  });

  it("purge Cloudflare's cache in front as well, after the stamps are there", async () => {
    const store = memoryStore();
    const seen: unknown[] = [];
    const get = counter(store);
    const cacheOf = (success: boolean) => ({
      async purge({ tags }: { tags: string[] }) {
        seen.push(["purge", tags, await get.peek("a")]);
        return { success };
      },
      async invalidate({ tags }: { tags: string[] }) {
        seen.push(["invalidate", tags]);
        return { success };
      },
    });
    await get("a");
    await invalidateTags(store, ["a", "b"], { cache: cacheOf(true) });
    await invalidateTags(store, ["a"], { cache: cacheOf(true), soft: true });
    expect(seen).toEqual([
      ["purge", ["a", "b"], null],
      ["invalidate", ["a"]],
    ]);
    const refused = (await failure(invalidateTags(store, ["a"], { cache: cacheOf(false) }))) as KeyValueError;
    expect(refused.code).toBe("backend");
    const cause = new Error("no network");
    const broken = { ...cacheOf(true), purge: () => Promise.reject(cause) };
    expect(await failure(invalidateTags(store, ["a"], { cache: broken }))).toMatchObject({ code: "backend", cause });
  });

  it("are not touched when what is to be purged is no cache", async () => {
    const store = memoryStore();
    for (const cache of [{}, () => {}, null]) {
      const error = (await failure(invalidateTags(store, ["a"], { cache: cache as never }))) as Error;
      expect([error.name, error.message]).toEqual([
        "TypeError",
        expect.stringContaining("cache must be an object with"),
      ]);
    }
    expect((await store.listKeys()).names).toEqual([]);
  });

  it("are refused when they are no strings", async () => {
    const store = memoryStore();
    const message = async (tags: unknown) =>
      ((await failure(invalidateTags(store, tags as string[]))) as Error).message;
    for (const tags of ["a", [1], [""], undefined]) {
      expect(await message(tags)).toBe("tags must be an array of strings that are not empty");
    }
    expect(() => counter(store, { tags: "a" as never })).toThrow(TypeError);
  });
});

describe("tags of responses", () => {
  function pages(init: (request: Request) => ResponseInit, options: Partial<CachedResponseOptions> = {}) {
    const store = memoryStore();
    const seen: Request[] = [];
    const handler = (request: Request) => {
      seen.push(request);
      return request.headers.get("if-none-match")
        ? new Response(null, { status: 304 })
        : new Response("page", init(request));
    };
    const fetch = cachedResponse(handler, { store, ttl: 3600, ...options });
    const open = async (path: string, headers = {}) => {
      const response = await fetch(new Request(`https://example.com${path}`, { headers }));
      await response.text();
      return response.headers
        .get("cache-status")
        ?.replace(/^[^;]*; /, "")
        .replace(/; ttl=-?\d+/, "");
    };
    return { store, seen, open };
  }

  it("are in Cache-Tag, which others see too, and in an option", async () => {
    const tags = (_: Response, request: Request) => [`page:${new URL(request.url).pathname}`];
    const { store, open } = pages(() => ({ headers: { "cache-tag": "a, b,, a" } }), { tags });
    for (const tag of ["a", "b", "page:/x"]) {
      await open("/x");
      expect(await open("/x")).toBe("hit");
      await invalidateTags(store, [tag]);
      expect(await open("/x")).toBe("fwd=miss");
    }
    await invalidateTags(store, ["page:/y"]);
    expect(await open("/x")).toBe("hit");
  });

  it("name the beginnings of a path, however long a path a visitor asks for", () => {
    expect(pathTags("https://example.com//a/b/?c#d")).toEqual(["path:/", "path:/a", "path:/a/b"]);
    const path = Array.from({ length: 2000 }, (_, i) => i).join("/");
    const tags = pathTags(`https://example.com/${path}`);
    expect(tags.length).toBe(18);
    expect(tags.slice(-2)).toEqual([`path:/${path.split("/").slice(0, 16).join("/")}`, `path:/${path}`]);
  });

  it("invalidate everything below a path", async () => {
    const { store, open } = pages(() => ({}), { tags: (_, request) => pathTags(request.url) });
    const paths = ["/", "/docs", "/docs/", "/docs/a?b=1", "/docsearch"];
    const all = () => Promise.all(paths.map((path) => open(path)));
    await all();
    await invalidateTags(store, ["path:/docs"]);
    expect(await all()).toEqual(["hit", "fwd=miss", "fwd=miss", "fwd=miss", "hit"]);
    await invalidateTags(store, ["path:/"]);
    expect(await all()).toEqual(paths.map(() => "fwd=miss"));
  });

  it("hold for every variant", async () => {
    const { store, open } = pages(() => ({ headers: { vary: "accept-language", "cache-tag": "a" } }));
    const all = async () => [
      await open("/", { "accept-language": "de" }),
      await open("/", { "accept-language": "en" }),
    ];
    await all();
    expect(await all()).toEqual(["hit", "hit"]);
    await invalidateTags(store, ["a"]);
    expect(await all()).toEqual(["fwd=miss", "fwd=miss"]);
    expect(await all()).toEqual(["hit", "hit"]);
  });

  it("let a response be validated after a soft invalidation", async () => {
    const { store, seen, open } = pages(() => ({ headers: { etag: '"1"', "cache-tag": "a" } }));
    await open("/");
    await invalidateTags(store, ["a"], { soft: true });
    expect(await open("/")).toBe("hit");
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(seen.map(({ headers }) => headers.get("if-none-match"))).toEqual([null, '"1"']);
    expect(await open("/")).toBe("hit");
    await invalidateTags(store, ["a"]);
    expect(await open("/")).toBe("fwd=miss");
  });

  it("that cannot be told keep the response out, and reach the visitor nevertheless", async () => {
    const errors: unknown[] = [];
    const tags = () => {
      throw new Error("no tags");
    };
    const { open } = pages(() => ({}), { tags, onError: (error) => errors.push(error) });
    expect([await open("/"), await open("/")]).toEqual(["fwd=miss", "fwd=bypass"]);
    expect(errors.length).toBe(2);
  });
});
