import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "#test";
import { type DurableObjectsStub, durableObjectStore } from "../../src/adapters/durable-object.ts";
import { KeyValueError, toDriver } from "../../src/index.ts";
import { type Fault, objects } from "./objects.ts";

interface PlatformFields {
  readonly retryable?: true;
  readonly overloaded?: true;
  readonly durableObjectReset?: true;
}

/** An exception as the platform throws it. */
function exception(fields: PlatformFields): Error {
  return Object.assign(new Error("Network connection lost."), fields);
}

/** Calls go through until `faults` has something for them, which is then used up. */
function faulty(scope: string, shards = 1) {
  const faults: Fault[] = [];
  const namespace = objects(scope, { fault: (call, proceed) => faults.shift()?.(call, proceed) ?? proceed() });
  return { faults, namespace, store: durableObjectStore(namespace, { shards }) };
}

const fails =
  (fields: PlatformFields): Fault =>
  () =>
    Promise.reject(exception(fields));

/** The call happens, but its caller does not learn of it. */
const losesReply: Fault = async (_, proceed) => {
  await proceed();
  throw exception({ retryable: true });
};

async function failureOf(work: Promise<unknown>): Promise<KeyValueError> {
  return work.then(
    () => {
      throw new Error("it did not fail");
    },
    (error) => error,
  );
}

describe("durableObjectStore, when calls fail", () => {
  it("tells by the code whether a retry is worth it", async () => {
    const { faults, store } = faulty("codes");
    for (const [fields, code] of [
      [{ retryable: true }, "unavailable"],
      [{ durableObjectReset: true }, "unavailable"],
      [{ durableObjectReset: true, overloaded: true }, "overloaded"],
      [{ overloaded: true }, "overloaded"],
      [{ retryable: true, overloaded: true }, "overloaded"],
      [{}, "backend"],
    ] as const) {
      faults.push(fails(fields));
      const error = await failureOf(store.put("k", 1, { collection: "c" }));
      expect(error).toBeInstanceOf(KeyValueError);
      expect(error).toMatchObject({ code, store: "durable-object", collection: "c", key: "k" });
      expect((error.cause as Error).message).toBe("Network connection lost.");
    }
  });

  it("takes a fresh stub for every call, so that one which has thrown does no harm", async () => {
    const { faults, namespace, store } = faulty("stubs");
    faults.push(fails({ retryable: true }));
    await failureOf(store.put("k", 1));
    await store.put("k", 2);
    await store.get("k");
    expect(namespace.calls.map(({ stub }) => stub)).toEqual([1, 2, 3]);
    expect(await store.get("k")).toBe(2);
  });

  it("goes on with other objects, and names the keys that failed", async () => {
    const { faults, store } = faulty("partly", 4);
    const entries = Array.from({ length: 40 }, (_, i) => [`k${i}`, i] as const);
    await store.putMany(entries);
    await store.deleteMany(entries.map(([key]) => key));
    faults.push((call, proceed) =>
      call.operation === "write" ? fails({ overloaded: true })(call, proceed) : proceed(),
    );
    const error = await failureOf(store.putMany(entries));
    expect(error.code).toBe("overloaded");
    const failed = new Set(error.failed);
    expect(failed.size).toBeGreaterThan(2);
    expect(failed.size).toBeLessThan(20);
    expect(await store.getMany(entries.map(([key]) => key))).toEqual(
      entries.map(([key, value]) => (failed.has(key) ? null : value)),
    );
    faults.push(fails({ retryable: true }));
    expect((await failureOf(store.deleteMany(entries.map(([key]) => key)))).failed?.length).toBeGreaterThan(2);
  });

  it("counts once when a reply is lost", async () => {
    const { faults, store } = faulty("lost");
    expect(await store.increment("n")).toBe(1);
    faults.push(losesReply);
    expect(await store.increment("n")).toBe(2);
    faults.push(losesReply);
    expect(await store.putIfAbsent("new", "mine")).toBe(true);
    expect(await store.putIfAbsent("new", "other")).toBe(false);
    expect(await store.getMany(["n", "new"])).toEqual([2, "mine"]);
  });

  it("does not lose a token when the reply to its taking is lost", async () => {
    const { faults, store } = faulty("token");
    await store.put("token", "secret");
    faults.push(losesReply);
    expect(await store.take("token")).toBe("secret");
    expect(await store.take("token")).toBe(null);
    expect(await store.putIfAbsent("token", "next")).toBe(true);
  });

  it("counts once when another writer came in between", async () => {
    const { faults, namespace, store } = faulty("between");
    const other = durableObjectStore(objects("between"));
    await store.put("n", 10);
    const lostWithAnother: Fault = async (_, proceed) => {
      await proceed();
      await other.increment("n", 100);
      throw exception({ retryable: true });
    };
    faults.push(lostWithAnother);
    namespace.calls.length = 0;
    expect(await store.increment("n")).toBe(11);
    expect(namespace.calls.map(({ operation }) => operation)).toEqual(["apply", "outcome"]);
    expect(await store.get("n")).toBe(111);
  });

  it("still counts once, and loses no token, when the object is restarted with the reply", async () => {
    const { faults, namespace, store } = faulty("restart");
    const restarted: Fault = async (_, proceed) => {
      await proceed();
      await evictDurableObject(namespace.stub("edge-key-value-0"));
      throw exception({ retryable: true });
    };
    await store.putMany([
      ["n", 1],
      ["token", "secret"],
    ]);
    faults.push(restarted);
    expect(await store.increment("n")).toBe(2);
    expect(await store.get("n")).toBe(2);
    faults.push(restarted);
    expect(await store.take("token")).toBe("secret");
    expect(await store.take("token")).toBe(null);
    expect(await Array.fromAsync(store.keys())).toEqual(["n"]);
  });

  it("asks what became of an operation before it sends it a second time, and gives up when that is lost as well", async () => {
    const { faults, namespace, store } = faulty("twice");
    const operationsOf = async (work: () => Promise<unknown>) => {
      namespace.calls.length = 0;
      await work();
      return namespace.calls.map(({ operation }) => operation);
    };
    await store.put("k", 1);
    const lost = fails({ retryable: true });
    faults.push(lost);
    expect(await operationsOf(() => store.increment("k"))).toEqual(["apply", "outcome", "apply"]);
    faults.push(lost);
    expect(await operationsOf(() => store.putIfAbsent("k", 1))).toEqual(["swap", "outcome", "swap"]);
    faults.push(lost, lost, lost);
    const unanswered = await operationsOf(async () => {
      expect((await failureOf(store.increment("k"))).code).toBe("unavailable");
    });
    expect(unanswered).toEqual(["apply", "outcome", "outcome"]);
    faults.push(fails({ retryable: true, overloaded: true }));
    const overloaded = await operationsOf(async () => {
      expect((await failureOf(store.increment("k"))).code).toBe("overloaded");
    });
    expect(overloaded).toEqual(["apply"]);
    expect(await store.get("k")).toBe(2);
  });

  it("never gives a version twice, not after a delete, a restart or a deleteAll of the object's owner", async () => {
    const { namespace, store } = faulty("versions");
    const driver = toDriver(store);
    const seen = new Set<string | undefined>();
    const versionOf = async () => (await driver.read("c", ["k"], { fresh: true }))[0]?.version;
    for (const end of [
      () => store.delete("k", { collection: "c" }),
      () => store.take("k", { collection: "c" }),
      () => store.destroy(),
      () => runInDurableObject(namespace.stub("edge-key-value-0"), (_, { storage }) => storage.deleteAll()),
      () => evictDurableObject(namespace.stub("edge-key-value-0")),
    ]) {
      for (let i = 0; i < 3; i++) {
        await driver.write("c", [["k", { value: 1 }]]);
        const old = await versionOf();
        await end();
        await driver.remove("c", ["k"]);
        await driver.write("c", [["k", { value: 1 }]]);
        seen.add(old).add(await versionOf());
        expect(await driver.swap("c", "k", old, { value: 2 })).toMatchObject({ ok: false, current: { value: 1 } });
      }
    }
    expect(seen.size).toBe(30);
  });

  it("says so when the namespace is of another class", async () => {
    const { faults, store } = faulty("class");
    faults.push(() => Promise.reject(new TypeError('The RPC receiver does not implement the method "keyValue".')));
    expect((await failureOf(store.get("k"))).code).toBe("misconfigured");
  });

  it("is unavailable while the object is of an older release, which does nothing of what it does not know", async () => {
    const scope = "older release";
    const { store: before } = faulty(scope);
    await before.put("k", 1);
    // What the object is asked is as new to it as a call of a later release.
    const namespace = objects(scope);
    const newer = durableObjectStore({
      ...namespace,
      get(...where) {
        const { id, keyValue } = namespace.get(...where) as Required<DurableObjectsStub>;
        return {
          id,
          keyValue(shards, claim, operation, args) {
            if (operation !== "apply") return keyValue(shards, claim, `${operation}2`, args);
            const [collection, key, call, ...more] = args as readonly unknown[];
            const newCall = [collection, key, { ...(call as object), name: "new" }, ...more];
            return keyValue(shards, claim, operation, newCall as never);
          },
        };
      },
    });
    const calls = [
      () => newer.get("k"),
      () => newer.put("k", 2),
      () => newer.putMany([["k", 2]]),
      () => newer.delete("k"),
      () => newer.increment("k"),
      () => newer.putIfAbsent("k", 2),
      () => newer.listKeys(),
      () => newer.cull(),
    ];
    for (const call of calls) {
      const { code, message } = await failureOf(call());
      expect([code, message]).toEqual(["unavailable", "the Worker and its Durable Object are of different releases"]);
    }
    expect(await before.get("k")).toBe(1);
    const stub = namespace.stub("edge-key-value-0");
    expect(await stub.keyValue(1, true, "constructor", [])).toMatchObject({ failure: { code: "unavailable" } });
  });
});

/** The ways in which an object ends. Nothing is injected: the errors are those of the platform. */
const ENDS: [name: string, end: (stub: DurableObjectStub) => Promise<unknown>][] = [
  ["aborted", (stub) => runInDurableObject(stub, (_, state) => state.abort("aborted by a test")).catch(() => {})],
  // This waits for the calls under way.
  ["evicted", (stub) => evictDurableObject(stub)],
];

const [ROUNDS, CALLERS, CALLS] = [4, 5, 4];

describe("a Durable Object under load", () => {
  for (const [name, end] of ENDS) {
    it(`loses nothing that it has acknowledged, and counts once, when it is ${name} in the middle of calls`, async () => {
      const namespace = objects(`load ${name}`);
      const store = durableObjectStore(namespace);
      const acknowledged: string[] = [];
      const codes: string[] = [];
      const sum = { least: 0, most: 0 };
      const failed = (error: KeyValueError) => void codes.push(error.code ?? `${error}`);

      /** Makes some calls, one after the other, and tells of each reply. */
      async function callObject(name: string, replied: () => void): Promise<void> {
        for (let i = 0; i < CALLS; i++) {
          const key = `${name} ${i}`;
          sum.most++;
          await Promise.all([
            store.put(key, i).then(() => acknowledged.push(key), failed),
            store.increment("sum").then(() => sum.least++, failed),
          ]);
          replied();
        }
      }

      for (let round = 0; round < ROUNDS; round++) {
        let callers: Promise<void>[] = [];
        await new Promise<void>((replied) => {
          callers = Array.from({ length: CALLERS }, (_, caller) => callObject(`${round} ${caller}`, replied));
        });
        await end(namespace.stub("edge-key-value-0"));
        await Promise.all(callers);
      }

      expect((await store.getMany(acknowledged)).filter((value) => value === null)).toEqual([]);
      const counted = (await store.get<number>("sum")) ?? 0;
      expect(counted).toBeGreaterThanOrEqual(sum.least);
      expect(counted).toBeLessThanOrEqual(sum.most);
      expect(codes.filter((code) => code !== "unavailable")).toEqual([]);
      // An eviction lets the calls under way end.
      if (name === "aborted") expect(codes.length).toBeGreaterThan(0);
    });
  }
});
