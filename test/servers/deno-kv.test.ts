import { afterAll, describe, expect, it } from "#test";
import { type DenoKVClient, denoKVStore } from "../../src/adapters/deno-kv.ts";
import { conformance } from "../../src/conformance/index.ts";
import { type KeyValueError, supports } from "../../src/index.ts";
import { movedClock } from "../support/clock.ts";
import { onlyBytes, openKv } from "../support/deno-kv.ts";

const kv = await openKv(":memory:");
afterAll(() => kv.close());

const wait = movedClock();
let stores = 0;
const newStore = (client: DenoKVClient = kv) => denoKVStore(client, { keyPrefix: ["test", `${stores++}`] });

conformance({ describe, it, expect }, "denoKVStore", () => newStore(), {
  capabilities: ["listKeys", "listCollections", "destroyCollection", "destroy", "cull", "swap"],
  wait,
});

const failure = (promise: Promise<unknown>): Promise<Partial<KeyValueError>> =>
  promise.then(
    () => ({}),
    (error) => error,
  );

/** A client that notes its calls, with some of its methods replaced. */
function spied(change: Partial<DenoKVClient> = {}): { client: DenoKVClient; calls: string[] } {
  const calls: string[] = [];
  const base: DenoKVClient = {
    get: (key, options) => kv.get(key, options),
    getMany: (keys, options) => kv.getMany(keys, options),
    list: (selector, options) => kv.list(selector, options),
    atomic: () => kv.atomic(),
    ...change,
  };
  function noted<R>(call: string, result: R): R {
    calls.push(call);
    return result;
  }
  const client: DenoKVClient = {
    ...base,
    getMany: (keys, options) => noted(`getMany ${keys.length} ${options?.consistency}`, base.getMany(keys, options)),
    list: (selector, options) => noted("list", base.list(selector, options)),
    atomic: () => noted("commit", base.atomic()),
  };
  return { client, calls };
}

describe("denoKVStore", () => {
  it("makes one call for ten keys to read or a hundred to write, and one for most atomic operations", async () => {
    const { client, calls } = spied();
    const store = newStore(client);
    const keys = Array.from({ length: 25 }, (_, i) => `k${i}`);
    const counted = async (work: () => Promise<unknown>) => {
      calls.length = 0;
      await work();
      return calls.map((call) => call.replace(" strong", "")).join(", ");
    };
    expect(await counted(() => store.put("a", 1))).toBe("commit");
    expect(await counted(() => store.putMany(keys.map((key) => [key, key])))).toBe("commit");
    expect(await counted(() => store.get("a"))).toBe("getMany 1");
    expect(await counted(() => store.getMany(keys))).toBe("getMany 10, getMany 10, getMany 5");
    expect(await counted(() => store.putIfAbsent("new", 1))).toBe("commit");
    expect(await counted(() => store.putIfAbsent("new", 1))).toBe("commit, getMany 1");
    expect(await counted(() => store.increment("a"))).toBe("getMany 1, commit");
    expect(await counted(() => store.take("a"))).toBe("getMany 1, commit");
    expect(await counted(() => store.deleteMany(keys))).toBe(
      "getMany 10, getMany 10, getMany 5, commit, commit, commit",
    );
    expect(await counted(() => store.delete("missing"))).toBe("getMany 1");
    expect(await counted(() => store.listKeys())).toBe("list");
  });

  it("reads from replicas where that is asked for, but never for an atomic operation", async () => {
    const { client, calls } = spied();
    const store = denoKVStore(client, { keyPrefix: ["replicas"], consistency: "eventual" });
    await store.get("k");
    await store.increment("k");
    await store.getWithVersion("k");
    expect(calls).toEqual(["getMany 1 eventual", "getMany 1 strong", "commit", "getMany 1 strong"]);
  });

  it("takes what Deno KV takes, and refuses one byte more before anything is sent", async () => {
    const { client, calls } = spied();
    const store = denoKVStore(client, { keyPrefix: ["p"] });
    // Each part takes two bytes more, and NUL takes two.
    const key = `\0${"k".repeat(2048 - 3 - 3 - 4)}`;
    await store.put(key, 1, { collection: "c" });
    expect(await store.get(key, { collection: "c" })).toBe(1);
    const [found] = await kv.getMany([["p", "c", key]]);
    const room = 65_536 - ((found!.value as Uint8Array).length - 1) - 2;
    await store.put("k", "x".repeat(room));
    calls.length = 0;
    const long = await failure(store.get(`${key}k`, { collection: "c" }));
    expect([long.code, long.size, long.limit]).toEqual(["too_large", 2049, 2048]);
    for (const call of [
      () => store.put("k", "x".repeat(room + 1)),
      () => store.putMany(["a", "k"].map((key) => [key, "x".repeat(room + 1)])),
      () => store.putIfAbsent("k", "x".repeat(room + 1000)),
    ]) {
      const large = await failure(call());
      expect([large.code, large.limit]).toEqual(["too_large", 65_536]);
    }
    expect(calls).toEqual([]);
    await store.destroy();
  });

  it("splits a bulk that is larger than a commit", async () => {
    const { client, calls } = spied();
    const store = newStore(client);
    const large = "x".repeat(60_000);
    await store.putMany(Array.from({ length: 30 }, (_, i) => [`k${i}`, large]));
    expect(calls.length).toBe(3);
    const long = Array.from({ length: 120 }, (_, i) => `${i}`.padEnd(1900, "k"));
    await store.putMany(long.map((key) => [key, 1]));
    expect((await store.getMany(long)).every((value) => value === 1)).toBe(true);
    expect(await store.deleteMany(long)).toBe(120);
  });

  it("keeps JSON in UTF-8, and leaves entries for a minute after their deadline", async () => {
    const options: unknown[] = [];
    const atomic = () => {
      const real = kv.atomic();
      const { set } = real;
      real.set = (key, value, given) => [options.push(given), set.call(real, key, value, given)][1] as typeof real;
      return real;
    };
    const store = denoKVStore(spied({ atomic }).client, { keyPrefix: ["bytes"] });
    await store.put("ann", { plan: "ä" }, { collection: "users", ttl: 10 });
    const { value } = await kv.get(["bytes", "users", "ann"]);
    const { createdAt, expiresAt, ...stored } = JSON.parse(new TextDecoder().decode(value as Uint8Array));
    expect([stored, expiresAt - createdAt]).toEqual([{ value: { plan: "ä" } }, 10_000]);
    const { expireIn } = options[0] as { expireIn: number };
    expect(Number.isInteger(expireIn) && expireIn > 69_000 && expireIn <= 70_000).toBe(true);
  });

  it("takes an entry that Deno KV has not removed yet for absent", async () => {
    const store = newStore();
    await store.put("k", 1, { ttl: 10 });
    const version = (await store.getWithVersion("k"))?.version as string;
    wait(11);
    expect(await store.putIfVersion("k", 2, version)).toBe(null);
    expect([await store.get("k"), await store.delete("k")]).toEqual([null, false]);
    await store.put("k", 1, { ttl: 10 });
    wait(11);
    expect(await store.putIfAbsent("k", 2)).toBe(true);
    expect(await store.get("k")).toBe(2);
    await store.put("other", 1, { ttl: 10 });
    wait(11);
    expect([await store.cull(), await store.cull()]).toEqual([1, 0]);
  });

  it("takes what it did not write for corrupted, or for missing where that is wanted, and lets it be replaced", async () => {
    const store = denoKVStore(kv, { keyPrefix: ["damaged"] });
    const lenient = denoKVStore(kv, { keyPrefix: ["damaged"], onCorrupt: "miss" });
    const text = (json: string) => new TextEncoder().encode(json);
    const damaged = [
      ...(onlyBytes ? [] : [7, "text", undefined, new Map(), { value: 1 }]),
      ...[new Uint8Array([0xff]), new Uint8Array()],
      ...[text("null"), text("{}"), text('{"value":null}'), text('{"value":1,"expiresAt":"soon"}')],
    ];
    for (const value of damaged) {
      await kv.set(["damaged", "c", "k"], value);
      for (const call of [
        () => store.get("k", { collection: "c" }),
        () => store.putIfAbsent("k", 1, { collection: "c" }),
      ]) {
        const error = await failure(call());
        expect([error.code, error.key]).toEqual(["corrupted", "k"]);
      }
      expect((await store.listKeys({ collection: "c" })).names).toEqual([]);
      expect(await lenient.get("k", { collection: "c" })).toBe(null);
      expect(await lenient.putIfAbsent("k", 1, { collection: "c" })).toBe(true);
      expect(await store.get("k", { collection: "c" })).toBe(1);
    }
  });

  it("counts once where the client repeats a commit whose reply was lost", async () => {
    const atomic = () => {
      const first = kv.atomic();
      const second = kv.atomic();
      const both: ReturnType<typeof kv.atomic> = {
        check: (...checks) => [first.check(...checks), second.check(...checks), both][2] as typeof both,
        set: (...args) => [first.set(...args), second.set(...args), both][2] as typeof both,
        delete: (key) => [first.delete(key), second.delete(key), both][2] as typeof both,
        commit: async () => [await first.commit(), await second.commit()][1] as { ok: boolean },
      };
      return both;
    };
    const store = newStore(spied({ atomic }).client);
    expect([await store.increment("n"), await store.increment("n")]).toEqual([1, 2]);
    expect(await store.putIfAbsent("k", 1)).toBe(true);
    expect(await store.putIfAbsent("k", 1)).toBe(false);
  });

  it("counts right with many callers in several stores", async () => {
    const keyPrefix = ["many"];
    const many = [denoKVStore(kv, { keyPrefix }), denoKVStore(kv, { keyPrefix }), denoKVStore(kv, { keyPrefix })];
    const sums = await Promise.all(Array.from({ length: 60 }, (_, i) => many[i % 3]?.increment("n")));
    expect(sums.sort((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
    await many[0]?.put("k", 1);
    const removed = await Promise.all(Array.from({ length: 30 }, (_, i) => many[i % 3]?.delete("k")));
    expect(removed.filter(Boolean).length).toBe(1);
  });

  it("counts what a bulk has removed when somebody else came first", async () => {
    let refused = false;
    const atomic = () => {
      const real = kv.atomic();
      const commit = real.commit.bind(real);
      // As if another client had changed one of the keys since they were read.
      real.commit = async () => (refused ? commit() : { ok: !(refused = true) });
      return real;
    };
    const { client } = spied({ atomic });
    const keyPrefix = ["counted"];
    const keys = ["a", "b", "c", "d", "e"];
    await denoKVStore(kv, { keyPrefix }).putMany(keys.map((key) => [key, 1]));
    expect(await denoKVStore(client, { keyPrefix }).deleteMany(keys)).toBe(5);
    expect(refused).toBe(true);
  });

  it("destroys what is under its prefix alone", async () => {
    const [mine, other] = [denoKVStore(kv, { keyPrefix: ["mine"] }), denoKVStore(kv, { keyPrefix: ["mine too"] })];
    await Promise.all([mine.put("k", 1), other.put("k", 2), kv.set(["mine"], new Uint8Array([7]))]);
    expect([await mine.destroy(), await mine.destroy()]).toEqual([true, false]);
    expect([await other.get("k"), ((await kv.get(["mine"])).value as Uint8Array)[0]]).toEqual([2, 7]);
  });

  it("says what failed", async () => {
    const failing: readonly (readonly [Error, string])[] = [
      [Object.assign(new Error("Requires kv access"), { name: "NotCapable" }), "unauthorized"],
      [new Error("database or disk is full"), "full"],
      [new Error("attempt to write a readonly database"), "read_only"],
      [new Error("database is locked"), "overloaded"],
      [new Error("error sending request: connection refused"), "unavailable"],
      [new Error("operation timed out"), "timeout"],
      [new Error("?"), "backend"],
    ];
    for (const [cause, code] of failing) {
      const down = () => Promise.reject(cause);
      const commit: Partial<ReturnType<typeof kv.atomic>> = { commit: down };
      const atomic = () => Object.assign(kv.atomic(), commit);
      const store = newStore(
        spied({ getMany: down, atomic, list: () => ({ [Symbol.asyncIterator]: () => ({ next: down }) }) }).client,
      );
      for (const call of [
        () => store.get("k"),
        () => store.put("k", 1),
        () => store.putIfAbsent("k", 1),
        () => store.listKeys(),
      ]) {
        const error = await failure(call());
        expect([error.code, error.store, error.cause === cause]).toEqual([code, "deno-kv", true]);
      }
    }
    const closed = await openKv(":memory:");
    closed.close();
    expect((await failure(denoKVStore(closed).get("k"))).code).toBe("unavailable");
  });

  it("refuses what is no Deno KV, and wrong options", () => {
    expect(() => denoKVStore({} as never)).toThrow("kv must be a Deno KV");
    expect(() => denoKVStore(kv, { keyPrefix: [] })).toThrow(TypeError);
    expect(() => denoKVStore(kv, { keyPrefix: [1 as never] })).toThrow(TypeError);
    expect(() => denoKVStore(kv, { consistency: "weak" as never })).toThrow(TypeError);
    expect(supports(denoKVStore(kv), "swap")).toBe(true);
  });
});
