import { describe, expect, it } from "#test";
import { intercept, wrap } from "../src/combinators/index.ts";
import { createStore, KeyValueError, memoryStore, type Store, toDriver } from "../src/index.ts";
import { type CopyError, type CopyProgress, copy } from "../src/migrate.ts";
import { migrating } from "../src/wrappers/migrating.ts";
import { prefixKeys } from "../src/wrappers/prefix-keys.ts";
import { chaos } from "./support/chaos.ts";

const none = { copied: 0, skipped: 0, expired: 0, failed: 0, verified: 0, failures: [] as readonly KeyValueError[] };

/** A store with `count` entries in each of some collections. */
async function filled(count: number, ...collections: string[]): Promise<ReturnType<typeof memoryStore>> {
  const store = memoryStore();
  for (const collection of collections) {
    await store.putMany(
      Array.from({ length: count }, (_, i) => [`k${i}`, { collection, i }] as const),
      { collection },
    );
  }
  return store;
}

async function contents(
  store: Store<"listKeys" | "listCollections">,
): Promise<Record<string, Record<string, unknown>>> {
  const all: Record<string, Record<string, unknown>> = {};
  for await (const collection of store.collections()) {
    const inner: Record<string, unknown> = (all[collection] = {});
    for await (const key of store.keys({ collection })) inner[key] = await store.get(key, { collection });
  }
  return all;
}

async function failureOf(call: Promise<unknown>): Promise<CopyError> {
  return call.then(
    () => Promise.reject(new Error("the call succeeded")),
    (error: CopyError) => error,
  );
}

/** A store that shows each call to `watch`, which may throw. */
function watched<S extends Store<"listKeys">>(
  store: S,
  watch: (operation: string, keys: readonly string[]) => void,
): S {
  return wrap(store, (driver) =>
    intercept(driver, (call, proceed) => {
      watch(call.operation, call.keys ?? []);
      return proceed();
    }),
  ) as unknown as S;
}

describe("copy", () => {
  it("copies all collections, with deadlines and creation times", async () => {
    const source = await filled(250, "users", "", "a::b", "\uD800😀");
    const times = { createdAt: 1_700_000_000_000, expiresAt: Date.now() + 5_000_000 };
    await toDriver(source).write("users", [["timed", { value: [1], ...times }]]);
    const target = memoryStore();
    const { copied, verified, cursor, ...rest } = await copy(source, target);
    expect([copied, verified, cursor]).toEqual([1001, 1001, undefined]);
    expect(rest).toEqual({ skipped: 0, expired: 0, failed: 0, failures: [], collection: "\uD800😀" });
    expect(await contents(target)).toEqual(await contents(source));
    const [entry] = await toDriver(target).read("users", ["timed"]);
    expect(entry).toEqual(expect.objectContaining({ value: [1], ...times }));
  });

  it("copies the collections that are named, from a source that cannot list them too", async () => {
    const source = await filled(3, "users", "logs");
    const target = memoryStore();
    const users = prefixKeys(source, "k");
    await expect(copy(users as never, target)).rejects.toThrow(TypeError);
    await prefixKeys(source, "p").put("x", 1, { collection: "users" });
    const { copied } = await copy(prefixKeys(source, "p"), target, { collections: ["users", "nothing there"] });
    expect(copied).toBe(1);
    expect(await contents(target)).toEqual({ users: { x: 1 } });
    expect(await copy(source, target, { collections: [] })).toEqual({
      ...none,
      collection: undefined,
      cursor: undefined,
    });
  });

  it("refuses a source that cannot list, wrong options, foreign tokens, and the store that migrating makes", async () => {
    const store = memoryStore();
    await expect(copy({ ...store } as never, store)).rejects.toThrow(TypeError);
    await expect(copy(store, store, { batch: 0 })).rejects.toThrow(TypeError);
    await expect(copy(store, store, { concurrency: 1.5 })).rejects.toThrow(TypeError);
    await expect(copy(store, store, { collections: "users" as never })).rejects.toThrow(TypeError);
    await store.put("k", 1);
    const target = memoryStore();
    for (const [name, value] of [
      ["overwrite", "no"],
      ["dryRun", "false"],
      ["verify", 0],
      ["onProgress", "log"],
      ["cursor", null],
      ["signal", new AbortController()],
    ] as const) {
      const error = await copy(store, target, { [name]: value } as never).catch((error) => error);
      expect([name, error instanceof TypeError, String(error).includes(`${name} must be`)]).toEqual([name, true, true]);
    }
    await expect(copy(store, target, null as never)).rejects.toThrow("options must be an object");
    expect(await target.get("k")).toBe(null);
    await expect(copy(store, migrating(store, memoryStore()))).rejects.toThrow("into the new store itself");
    for (const cursor of ["", "x", "ekv1.", "ekv1.bm90IGpzb24", `ekv1.${btoa("[[1],null,null]")}`]) {
      expect((await failureOf(copy(store, store, { cursor }))).code).toBe("invalid_cursor");
    }
  });

  it("leaves what the target has, unless it is to be overwritten", async () => {
    const source = await filled(10, "c");
    for (const target of [memoryStore(), createStore(withoutSwap(memoryStore()))]) {
      await target.put("k3", "mine", { collection: "c" });
      expect(await copy(source, target)).toEqual(expect.objectContaining({ copied: 9, skipped: 1, verified: 9 }));
      expect(await target.get("k3", { collection: "c" })).toBe("mine");
      expect(await copy(source, target)).toEqual(expect.objectContaining({ copied: 0, skipped: 10, verified: 0 }));
      expect(await copy(source, target, { overwrite: true })).toEqual(
        expect.objectContaining({ copied: 10, skipped: 0 }),
      );
      expect(await target.get("k3", { collection: "c" })).toEqual({ collection: "c", i: 3 });
    }
  });

  it("puts over an entry that has expired", async () => {
    const source = await filled(2, "c");
    const target = memoryStore();
    await toDriver(target).write("c", [["k0", { value: "old", expiresAt: Date.now() - 1 }]]);
    expect((await copy(source, target)).copied).toBe(2);
  });

  it("lets a writer win who comes between its look and its put", async () => {
    const source = await filled(20, "c");
    const target = memoryStore();
    const racing = watched(target, (operation, keys) => {
      if (operation === "swap" && keys[0] === "k7")
        void toDriver(target).write("c", [["k7", { value: "newer", createdAt: 5 }]]);
    });
    expect(await copy(source, racing)).toEqual(expect.objectContaining({ copied: 19, skipped: 1, failed: 0 }));
    expect(await target.get("k7", { collection: "c" })).toBe("newer");
  });

  it("writes nothing in a dry run, and counts the same", async () => {
    const source = await filled(10, "c");
    const target = memoryStore();
    await target.put("k0", 1, { collection: "c" });
    const reading = watched(target, (operation) => {
      if (operation !== "read") throw new Error(operation);
    });
    expect(await copy(source, reading, { dryRun: true })).toEqual(
      expect.objectContaining({ copied: 9, skipped: 1, verified: 0 }),
    );
  });

  it("counts what has expired or gone since it was listed, and what ends on the way", async () => {
    const store = memoryStore();
    const ends = Date.now() + 60_000;
    await toDriver(store).write("c", [
      ["stays", { value: 1 }],
      ["ends", { value: 1, expiresAt: ends }],
      ["goes", { value: 1 }],
    ]);
    const source = watched(store, (operation) => {
      if (operation === "read") void store.delete("goes", { collection: "c" });
    });
    const { now } = Date;
    const target = watched(memoryStore(), () => {
      Date.now = () => ends;
    });
    try {
      expect(await copy(source, target, { overwrite: true })).toEqual(
        expect.objectContaining({ copied: 2, expired: 1, failed: 0 }),
      );
      expect(await target.get("ends", { collection: "c" })).toBe(null);
    } finally {
      Date.now = now;
    }
  });

  it("goes on past entries that cannot be read or written, and says which", async () => {
    const refuse = (code: "corrupted" | "too_large", bad: string) => (operation: string, keys: readonly string[]) => {
      if (/read|write|swap/.test(operation) && keys.includes(bad)) throw new KeyValueError(code, "no", { key: bad });
    };
    const source = watched(await filled(30, "c"), refuse("corrupted", "k7"));
    for (const overwrite of [false, true]) {
      const target = watched(memoryStore(), (operation, keys) => {
        if (operation !== "read") refuse("too_large", "k8")(operation, keys);
      });
      const { failures, ...counts } = await copy(source, target, { batch: 10, overwrite });
      expect(counts).toEqual(expect.objectContaining({ copied: 28, failed: 2, verified: 28, skipped: 0 }));
      expect(failures.map(({ code, collection, key }) => [code, collection, key])).toEqual([
        ["corrupted", "c", "k7"],
        ["too_large", "c", "k8"],
      ]);
    }
  });

  it("counts what the target reads back otherwise, but not what a writer has changed meanwhile", async () => {
    const source = await filled(20, "c");
    const bad = memoryStore();
    const wrong = wrap(bad, (driver) => ({
      ...driver,
      write: (collection, items) =>
        driver.write(
          collection,
          items.map(([key, entry]) => [key, key === "k5" ? { ...entry, value: "wrong" } : entry]),
        ),
    }));
    const { failures, copied, verified } = await copy(source, wrong, { overwrite: true });
    expect([copied, verified]).toEqual([20, 19]);
    expect(failures.map(({ code, key }) => [code, key])).toEqual([["corrupted", "k5"]]);
    const lossy = watched(memoryStore(), () => {});
    const losing = wrap(lossy, (driver) => ({ ...driver, write: (at, items) => driver.write(at, items.slice(1)) }));
    expect(await copy(source, losing, { overwrite: true })).toEqual(
      expect.objectContaining({ verified: 19, failed: 1 }),
    );

    const busy = memoryStore();
    const { now } = Date;
    let reads = 0;
    const changing = watched(busy, (operation) => {
      if (operation !== "read" || ++reads !== 2) return;
      // A writer is told from a fault by its later time, so it must not come in the same millisecond.
      Date.now = () => now() + 10;
      void busy.put("k5", "newer", { collection: "c" });
      Date.now = now;
    });
    expect(await copy(source, changing)).toEqual(expect.objectContaining({ copied: 20, verified: 19, failed: 0 }));
  });

  it("holds no more than a batch, and asks for each in one call", async () => {
    const calls: string[] = [];
    const sizes: number[] = [];
    const source = watched(await filled(95, "c"), (operation, keys) => {
      calls.push(operation);
      if (operation === "read") sizes.push(keys.length);
    });
    const target = watched(memoryStore(), (operation) => calls.push(`to ${operation}`));
    await copy(source, target, { batch: 20, overwrite: true, collections: ["c"] });
    expect(Math.max(...sizes)).toBe(20);
    expect(calls).toEqual(Array.from({ length: 5 }, () => ["listKeys", "read", "to write", "to read"]).flat());
  });

  it("reports progress after each batch and waits for it", async () => {
    const source = await filled(25, "a", "b");
    const seen: unknown[] = [];
    await copy(source, memoryStore(), {
      batch: 10,
      onProgress: async ({ collection, copied, cursor }) => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        seen.push([collection, copied, cursor !== undefined]);
      },
    });
    expect(seen).toEqual([
      ["a", 10, true],
      ["a", 20, true],
      ["a", 25, true],
      ["b", 35, true],
      ["b", 45, true],
      ["b", 50, false],
    ]);
  });

  it("stops at its signal with a token, and goes on from there", async () => {
    const source = await filled(25, "a", "b", "\uD800 ü");
    const target = memoryStore();
    const stop = new AbortController();
    const error = await failureOf(
      copy(source, target, {
        batch: 10,
        signal: stop.signal,
        onProgress: ({ copied }) => copied >= 35 && stop.abort("enough"),
      }),
    );
    expect([error.name, error.code, error.progress.copied]).toEqual(["KeyValueError", "aborted", 35]);
    const { cursor } = error.progress;
    expect(cursor).toMatch(/^ekv1\.[\w-]+$/);
    const calls: string[] = [];
    const rest = await copy(
      watched(source, (operation) => calls.push(operation)),
      target,
      { batch: 10, cursor },
    );
    expect([rest.copied, rest.skipped, rest.cursor]).toEqual([40, 0, undefined]);
    expect(await contents(target)).toEqual(await contents(source));
    expect(calls.filter((operation) => operation === "read").length).toBe(5);
    expect((await failureOf(copy(source, target, { signal: AbortSignal.abort() }))).code).toBe("aborted");
  });

  it("goes on in a long list of collections from short tokens, and refuses the token of another list", async () => {
    const collections = Array.from({ length: 500 }, (_, i) => `a collection with a long name ${i}`);
    const source = await filled(1, ...collections);
    const target = memoryStore();
    const tokens: string[] = [];
    const keep = ({ cursor }: CopyProgress) => cursor && tokens.push(cursor);
    await copy(source, memoryStore(), { collections, onProgress: keep });
    expect(tokens.length).toBe(499);
    expect(Math.max(...tokens.map((token) => token.length))).toBeLessThan(200);
    const cursor = tokens[99];
    for (const others of [collections.slice(1), [...collections].reverse(), [], undefined]) {
      const error = await failureOf(copy(source, target, { collections: others, cursor }));
      expect([error.code, error.message]).toEqual(["invalid_cursor", expect.stringContaining("of other collections")]);
    }
    expect(await copy(source, target, { collections, cursor })).toMatchObject({ copied: 400, cursor: undefined });
    expect(Object.keys(await contents(target)).length).toBe(400);

    let all: string | undefined;
    await copy(source, target, { dryRun: true, onProgress: ({ cursor }) => (all ??= cursor) });
    const error = await failureOf(copy(source, target, { collections, cursor: all }));
    expect([error.code, error.message]).toEqual(["invalid_cursor", expect.stringContaining("of all collections")]);
  });

  it("stops where a backend fails, and loses nothing over any number of failures", async () => {
    const source = await filled(60, "a", "b");
    const target = memoryStore();
    for (const seed of [1, 2, 3]) {
      await target.destroy();
      const from = chaos(toDriver(source), { seed, fail: 0.2, late: 0.1 });
      const to = chaos(toDriver(target), { seed, fail: 0.02, lost: 0.02, halfOfBulk: 0.1 });
      let cursor: string | undefined;
      let stops = 0;
      for (let done = false; !done; ) {
        const options = { batch: 7, cursor, concurrency: 3, overwrite: seed === 3 };
        done = await copy(createStore(from.driver), createStore(to.driver), options).then(
          () => true,
          (error: CopyError) => {
            expect([error.code, error.cause instanceof KeyValueError]).toEqual(["unavailable", true]);
            cursor = error.progress.cursor;
            return ++stops > 1000;
          },
        );
      }
      expect(stops).toBeGreaterThan(3);
      expect(await contents(target)).toEqual(await contents(source));
    }
  });

  it("copies neither the tombstones of an earlier migration nor what ends later than it should", async () => {
    const source = memoryStore();
    const moved = migrating(memoryStore(), source);
    await moved.put("gone", 1);
    await moved.put("short", 1, { ttl: 60 });
    await moved.put("long", 1);
    await moved.delete("gone");
    const target = memoryStore();
    expect(await copy(source, target)).toEqual(expect.objectContaining({ copied: 2, expired: 1 }));
    expect((await target.ttl("short"))?.ttl).toBeLessThanOrEqual(60);
    expect(await target.getMany(["gone", "long"])).toEqual([null, 1]);
  });
});

function withoutSwap(store: ReturnType<typeof memoryStore>) {
  const { swap: _, ...driver } = toDriver(store);
  return driver;
}
