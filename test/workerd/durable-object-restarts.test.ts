import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "#test";
import { durableObjectStore } from "../../src/adapters/durable-object.ts";
import type { KeyValueObject } from "../../src/adapters/key-value-object.ts";
import type { CapabilityMethods, KeyValueError } from "../../src/index.ts";
import { type Fault, objects } from "./objects.ts";

const OBJECT = "edge-key-value-0";

type Atomics = ReturnType<typeof durableObjectStore>;
type Namespace = ReturnType<typeof objects>;

/** What the platform throws when an object went away. Some of its errors are marked in one way, some in the other. */
const gone = (fields: object = { retryable: true }) => Object.assign(new Error("the object went away"), fields);

/** Stops the object as the platform does: what it had in memory is lost, what it had stored stays. */
async function restart(namespace: Namespace): Promise<void> {
  await runInDurableObject(namespace.stub(OBJECT), (_, state) => state.abort("restarted by a test")).catch(() => {});
}

/** A store whose calls go through until `faults` has something for them. */
function faulty(scope: string) {
  const faults: Fault[] = [];
  const namespace = objects(scope, { fault: (call, proceed) => faults.shift()?.(call, proceed) ?? proceed() });
  return { faults, namespace, store: durableObjectStore(namespace), other: durableObjectStore(objects(scope)) };
}

/** The call happens, then other things do, and the caller does not learn of it. */
const losesReply =
  (before: () => Promise<void>, fields?: object): Fault =>
  async (_, proceed) => {
    await proceed();
    await before();
    throw gone(fields);
  };

/** Each operation, with what it returns and leaves when it happens once to the number 10 or to nothing. */
const operations: readonly {
  readonly name: keyof CapabilityMethods;
  readonly there: boolean;
  run(store: Atomics): Promise<unknown>;
  readonly result: unknown;
  readonly left: number | null;
}[] = [
  { name: "increment", there: true, run: (store) => store.increment("k"), result: 11, left: 11 },
  { name: "increment", there: false, run: (store) => store.increment("k"), result: 1, left: 1 },
  { name: "take", there: true, run: (store) => store.take("k"), result: 10, left: null },
  { name: "putIfAbsent", there: false, run: (store) => store.putIfAbsent("k", 5), result: true, left: 5 },
  { name: "update", there: true, run: (store) => store.update<number>("k", (n) => (n ?? 0) + 7), result: 17, left: 17 },
  { name: "touch", there: true, run: (store) => store.touch("k", 600), result: true, left: 10 },
];

describe("an atomic operation whose reply is lost while the object restarts", () => {
  for (const { name, there, run, result, left } of operations) {
    const title = `${name} of ${there ? "an entry" : "nothing"}`;

    it(`happens once and returns its result: ${title}`, async () => {
      const { faults, namespace, store } = faulty(`restart ${title}`);
      if (there) await store.put("k", 10);
      if (name === "update") faults.push((_, proceed) => proceed());
      faults.push(losesReply(() => restart(namespace)));
      expect(await run(store)).toBe(result);
      expect(await store.get("k")).toBe(left);
    });

    it(`happens once although others write in between: ${title}`, async () => {
      const { faults, namespace, store, other } = faulty(`others ${title}`);
      if (there) await store.put("k", 10);
      if (name === "update") faults.push((_, proceed) => proceed());
      const others = async () => {
        if (left === null) await other.putIfAbsent("k", 0);
        await other.increment("k", 100);
        await restart(namespace);
        await other.increment("k", 100);
        await other.put("k", ((await other.get<number>("k")) ?? 0) + 100);
      };
      faults.push(losesReply(others));
      expect(await run(store)).toBe(result);
      expect(await store.get("k")).toBe((left ?? 0) + 300);
    });
  }

  /** Increments by others, inside the object: a thousand calls take long. */
  const increments = (namespace: Namespace, keyOf: (i: number) => string) =>
    runInDurableObject(namespace.stub(OBJECT), async (object: KeyValueObject) => {
      for (let i = 0; i < 1200; i++) {
        const call = { name: "increment", args: { by: 1, life: null }, onCorrupt: "throw" };
        const args = ["default_collection", keyOf(i), call, { id: crypto.randomUUID() }];
        expect(await object.keyValue(1, true, "apply", args)).toContain("sum");
      }
    });

  it("happens once although a thousand others came in between, or says that it does not know", async () => {
    const { faults, namespace, store } = faulty("thousand");
    await store.put("elsewhere", 1);
    faults.push(
      losesReply(async () => {
        await increments(namespace, (i) => `other${i % 400}`);
        await restart(namespace);
      }),
    );
    expect(await store.increment("elsewhere")).toBe(2);
    faults.push(
      losesReply(async () => {
        await increments(namespace, () => "here");
        await restart(namespace);
      }),
    );
    const error = await store.increment("here").catch((error) => error);
    expect(error).toMatchObject({ name: "KeyValueError", code: "unavailable", key: "here" });
    expect(await store.getMany(["elsewhere", "here"])).toEqual([2, 1201]);
  });

  it("happens once without a restart, whatever number of others came in between", async () => {
    const { faults, namespace, store, other } = faulty("no restart");
    faults.push(losesReply(() => increments(namespace, () => "k")));
    expect(await store.increment("k")).toBe(1);
    await store.put("token", "secret");
    faults.push(losesReply(async () => void (await other.delete("token"))));
    expect(await store.take("token")).toBe("secret");
    expect(await store.getMany(["k", "token"])).toEqual([1201, null]);
  });

  it("is not repeated once others have removed the entry, since it may have happened", async () => {
    const { faults, namespace, store, other } = faulty("removed");
    const others = async () => {
      await other.delete("k");
      await restart(namespace);
    };
    for (const work of [() => store.putIfAbsent("k", 1), () => store.increment("k")]) {
      faults.push(losesReply(others));
      const error: KeyValueError = await work().then(
        () => Promise.reject(new Error("it happened twice")),
        (error) => error,
      );
      expect(error).toMatchObject({ code: "unavailable", key: "k" });
      expect(await store.get("k")).toBe(null);
    }
  });

  it("holds for a version: the write happens once, and a lost race stays lost", async () => {
    const { faults, namespace, store, other } = faulty("versions");
    await store.put("k", 1);
    const version = (await store.getWithVersion("k"))?.version as string;
    faults.push(losesReply(() => restart(namespace)));
    const next = await store.putIfVersion("k", 2, version);
    expect((await store.getWithVersion("k"))?.version).toBe(next);
    faults.push(async (_, proceed) => {
      await restart(namespace);
      await other.put("k", 3);
      await proceed();
      throw gone();
    });
    const stale = await store.putIfVersion("k", 4, next).catch((error) => error.code);
    expect([null, "unavailable"]).toContain(stale);
    expect(await store.get("k")).toBe(3);
  });

  it("is carried out if the object restarted before it arrived, and the row shows that nothing happened", async () => {
    const { faults, namespace, store } = faulty("before");
    await store.put("k", 10);
    await new Promise((resolve) => setTimeout(resolve, 60));
    faults.push(async () => {
      await restart(namespace);
      throw gone({ durableObjectReset: true });
    });
    expect(await store.increment("k")).toBe(11);
    expect(await store.get("k")).toBe(11);
  });

  it("is carried out if it was the first call ever to an object, and got lost on the way", async () => {
    const { faults, store } = faulty("first");
    faults.push(() => Promise.reject(gone()));
    expect(await store.increment("k")).toBe(1);
    faults.push(() => Promise.reject(gone()));
    expect(await store.putIfAbsent("new", 1)).toBe(true);
  });
});

describe("a first copy that arrives late", () => {
  /** Holds the first copy back; the caller believes it lost, and the second copy is carried out. */
  async function held(scope: string, work: (store: Atomics) => Promise<unknown>) {
    const { faults, namespace, store, other } = faulty(scope);
    let late: () => PromiseLike<unknown> = () => Promise.reject(new Error("there was no call"));
    faults.push((_, proceed) => {
      late = proceed;
      return Promise.reject(gone());
    });
    const result = await work(store);
    return { namespace, other, result, late: () => late().then(() => {}) };
  }

  for (const restarts of [false, true]) {
    const when = restarts ? "after a restart" : "in the same life of the object";
    it(`does not write again: ${when}`, async () => {
      const { namespace, other, result, late } = await held(`late ${restarts}`, (store) => store.putIfAbsent("k", 1));
      expect(result).toBe(true);
      await other.delete("k");
      if (restarts) await restart(namespace);
      await late();
      expect(await other.get("k")).toBe(null);
    });

    it(`does not write when its caller was told that it was refused: ${when}`, async () => {
      const before = faulty(`refused ${restarts}`);
      await before.store.put("k", "taken");
      const { namespace, other, result, late } = await held(`refused ${restarts}`, (store) =>
        store.putIfAbsent("k", 1),
      );
      expect(result).toBe(false);
      await other.delete("k");
      if (restarts) await restart(namespace);
      await late();
      expect(await other.get("k")).toBe(null);
    });
  }
});

describe("a reset object", () => {
  it("is unavailable, and reads are sent again", async () => {
    const { faults, namespace, store } = faulty("reset");
    await store.put("k", 1);
    const reset: Fault = () => Promise.reject(gone({ durableObjectReset: true }));
    faults.push(reset);
    expect(await store.get("k")).toBe(1);
    faults.push(reset);
    expect(await store.getMany(["k", "none"])).toEqual([1, null]);
    faults.push(reset);
    expect(await store.listKeys()).toEqual({ names: ["k"], cursor: undefined });
    namespace.calls.length = 0;
    for (const write of [() => store.put("k", 2), () => store.delete("k"), () => store.destroyCollection()]) {
      faults.push(reset);
      await expect(write()).rejects.toMatchObject({ name: "KeyValueError", code: "unavailable" });
    }
    // Sent once: a second copy could undo what others wrote meanwhile.
    expect(namespace.calls.map(({ operation }) => operation)).toEqual(["writeOne", "remove", "destroyCollection"]);
    expect(await store.get("k")).toBe(1);
  });
});
