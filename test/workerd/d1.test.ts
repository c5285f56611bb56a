import { env } from "cloudflare:workers";
import { describe, expect, it } from "#test";
import { type D1Client, type D1Session, d1Store } from "../../src/adapters/d1.ts";
import { conformance } from "../../src/conformance/index.ts";
import { type KeyValueError, toDriver } from "../../src/index.ts";
import { clockOff } from "../support/clock-off.ts";
import { countingDrivers, updatesSucceed } from "../support/contention.ts";
import { holdsFor, record, seeds } from "../support/histories.ts";

const { DB } = env as { DB: D1Database };

conformance({ describe, it, expect }, "d1Store", () => d1Store(DB), {
  capabilities: ["listKeys", "listCollections", "destroyCollection", "destroy", "cull", "swap"],
  ordered: true,
  // Deadlines travel as the time that is left.
  ttlGranularity: 0.1,
});

describe("operations of concurrent clients on D1", () => {
  it("are linearizable", async () => {
    const stores = [1, 2, 3].map(() => d1Store(DB));
    await holdsFor(seeds(8), (seed) => record({ seed, stores, collection: `history ${seed}`, operations: 20 }));
  });
});

updatesSucceed("D1", (work) => work(countingDrivers(() => d1Store(DB))));

/** A session that notes in `calls` the number of statements of each call. */
function counted(session: D1Session, calls: (string | number)[], name?: string): D1Session {
  const originals = new Map<unknown, ReturnType<D1Session["prepare"]>>();
  const note = (statements: number) => calls.push(name ? `${name} ${statements}` : statements);
  const wrap = (statement: ReturnType<D1Session["prepare"]>): ReturnType<D1Session["prepare"]> => {
    const wrapped = {
      bind: (...values: (string | number | null)[]) => wrap(statement.bind(...values)),
      all: () => {
        note(1);
        return statement.all();
      },
    };
    originals.set(wrapped, statement);
    return wrapped;
  };
  return {
    prepare: (query) => wrap(session.prepare(query)),
    batch: (statements) => {
      note(statements.length);
      return session.batch(statements.map((statement) => originals.get(statement)!));
    },
  };
}

const failing = (message: string): D1Client => {
  const prepare = () => ({ bind: prepare, all: () => Promise.reject(new Error(message)) });
  const session = { prepare, batch: () => Promise.reject(new Error(message)) };
  return { ...session, withSession: () => session };
};

const failureOf = (call: Promise<unknown>): Promise<KeyValueError> =>
  call.then(
    () => expect(call).toBe("refused") as never,
    (error) => error,
  );

describe("d1Store", () => {
  it("makes one call for an operation", async () => {
    const calls: (string | number)[] = [];
    const store = d1Store({ ...counted(DB, calls), withSession: () => DB });
    await store.put("k", 1);
    const during = async (run: () => Promise<unknown>) => {
      calls.length = 0;
      await run();
      return calls.join(" ");
    };
    const keys = Array.from({ length: 200 }, (_, i) => `k${i}`);
    for (const [expected, run] of [
      ["1", () => store.get("k")],
      ["1", () => store.put("k", 1)],
      ["1", () => store.ttl("k")],
      ["1", () => store.putMany(keys.map((key) => [key, key]))],
      ["1", () => store.getMany(keys)],
      ["1", () => store.deleteMany(keys)],
      ["2", () => store.putIfAbsent("k", 1)],
      ["2", () => store.increment("n")],
      ["2", () => store.take("n")],
      ["1", () => store.touch("k", 60)],
      ["1", () => store.getWithVersion("k")],
      ["1 2", () => store.update("k", () => 2)],
      ["1", () => store.listKeys({ prefix: "k", limit: 10 })],
      ["1", () => store.listCollections()],
      ["1", () => store.cull()],
      ["2", () => store.destroyCollection()],
    ] as [string, () => Promise<unknown>][]) {
      expect([run.toString(), await during(run)]).toEqual([run.toString(), expected]);
    }
    const large = keys.slice(0, 5).map((key) => [key, "x".repeat(400_000)] as const);
    expect(await during(() => store.putMany(large))).toBe("1 1 1");
    expect((await store.getMany<string>(keys.slice(0, 5))).map((value) => value?.length)).toEqual(
      large.map(() => 400_000),
    );
  });

  it("adds fractions as JavaScript does, and leaves alone what it cannot add", async () => {
    const store = d1Store(DB);
    const at = { collection: "sums" };
    let sum = 0;
    for (const by of [0.1, 0.2, 1, 1e-7, -3, 12345678.123, 2 ** 40]) {
      sum += by;
      expect(await store.increment("n", by, at)).toBe(sum);
    }
    await store.put("n", Number.MAX_SAFE_INTEGER - 1, at);
    expect(await store.increment("n", 1, at)).toBe(Number.MAX_SAFE_INTEGER);
    expect((await failureOf(store.increment("n", 1, at))).code).toBe("out_of_range");
    expect(await store.get("n", at)).toBe(Number.MAX_SAFE_INTEGER);
  });

  it("keeps what it cannot read", async () => {
    const store = d1Store(DB);
    const at = { collection: "damaged" };
    for (const damaged of ["not json", "null", ""]) {
      await store.put("k", 1, at);
      await DB.prepare("UPDATE edge_key_value SET value = ? WHERE collection = 'damaged'").bind(damaged).run();
      for (const call of [() => store.get("k", at), () => store.take("k", at), () => store.increment("k", 1, at)]) {
        expect((await failureOf(call())).code).toBe("corrupted");
      }
      const left = await DB.prepare("SELECT value FROM edge_key_value WHERE collection = 'damaged'").all();
      expect(left.results).toEqual([{ value: damaged }]);
      expect(await d1Store(DB, { onCorrupt: "miss" }).take("k", at)).toBe(null);
      expect(await d1Store(DB, { onCorrupt: "miss" }).putIfAbsent("k", 2, at)).toBe(true);
    }
  });

  it("goes by the clock of D1, whatever that of the caller says", async () => {
    await clockOff(() => d1Store(DB), expect);
  });

  it("reads from replicas in one session when it is asked to, and swaps against the primary", async () => {
    const calls: (string | number)[] = [];
    const started: string[] = [];
    const database: D1Client = {
      ...counted(DB, calls, "primary"),
      withSession(constraint) {
        started.push(constraint);
        return counted(DB.withSession(constraint), calls, "session");
      },
    };
    const store = d1Store(database, { consistency: "eventual" });
    expect([started, toDriver(store).consistency]).toEqual([[], "eventual"]);
    await store.put("k", 1, { collection: "replicas" });
    expect(await store.get("k", { collection: "replicas" })).toBe(1);
    expect(await store.getMany(["k"], { collection: "replicas" })).toEqual([1]);
    await store.listKeys({ collection: "replicas" });
    await store.update<number>("k", (value) => (value ?? 0) + 1, { collection: "replicas" });
    expect(calls).toEqual(["session 1", "session 1", "session 1", "session 1", "primary 1", "session 2"]);
    expect(started).toEqual(["first-unconstrained"]);

    calls.length = 0;
    const session = counted(DB.withSession("first-primary"), calls, "mine");
    expect(await d1Store(database, { consistency: "eventual", session }).get("k", { collection: "replicas" })).toBe(2);
    expect(calls).toEqual(["mine 1"]);
  });

  it("says what failed", async () => {
    for (const [code, message] of [
      ["overloaded", "D1_ERROR: D1 DB is overloaded. Too many requests queued."],
      ["overloaded", "D1_ERROR: D1 DB's isolate exceeded its memory limit and was reset."],
      ["timeout", "D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset."],
      ["unavailable", "D1_ERROR: Network connection lost."],
      ["unavailable", "D1_ERROR: D1 DB reset because its code was updated."],
      ["unavailable", "D1_ERROR: Cannot resolve D1 DB due to transient issue on remote node."],
      ["full", "D1_ERROR: Exceeded maximum DB size"],
      ["full", "D1_ERROR: database or disk is full: SQLITE_FULL"],
      ["too_large", "D1_ERROR: string or blob too big: SQLITE_TOOBIG"],
      ["backend", "D1_ERROR: something else: SQLITE_ERROR"],
    ] as const) {
      const store = d1Store(failing(message));
      for (const call of [
        () => store.get("k"),
        () =>
          store.putMany([
            ["k", "secret"],
            ["l", 1],
          ]),
        () => store.increment("k"),
      ]) {
        const error = await failureOf(call());
        expect([message, error.code, error.store, error.collection]).toEqual([
          message,
          code,
          "d1",
          "default_collection",
        ]);
        expect(error.message.includes("secret")).toBe(false);
      }
    }
  });

  it("refuses what is no database, and a session where reads are to be strong", () => {
    for (const wrong of [undefined, null, {}, DB.withSession(), "DB"]) {
      expect(() => d1Store(wrong as D1Client)).toThrow(TypeError);
    }
    expect(() => d1Store(DB, { session: DB.withSession() })).toThrow(TypeError);
    expect(() => d1Store(DB, { consistency: "weak" as "strong" })).toThrow(TypeError);
  });
});
