import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "#test";
import { durableObjectStore } from "../../src/adapters/durable-object.ts";
import { tryLock } from "../../src/lock.ts";
import { rateLimit } from "../../src/rate-limit.ts";
import { type Fault, later, objects } from "./objects.ts";

const now = Date.now;

/** A store whose caller has a clock that is wrong. The objects run in the same isolate, so calls get the right clock back. */
function skewed(scope: string, seconds: number) {
  const wrong = () => now() + seconds * 1000;
  const fault: Fault = async (_, proceed) => {
    Date.now = now;
    try {
      return await proceed();
    } finally {
      Date.now = wrong;
    }
  };
  const store = durableObjectStore(objects(scope, { fault }));
  /** Does something as that caller. */
  async function as<R>(work: (caller: typeof store) => Promise<R>): Promise<R> {
    Date.now = wrong;
    try {
      return await work(store);
    } finally {
      Date.now = now;
    }
  }
  return { as };
}

for (const seconds of [60, -60]) {
  describe(`a caller whose clock is ${Math.abs(seconds)} s ${seconds > 0 ? "ahead" : "behind"}`, () => {
    it("writes and reads the same TTLs as any other", async () => {
      const scope = `ttl ${seconds}`;
      const right = durableObjectStore(objects(scope));
      const { as } = skewed(scope, seconds);
      await as((store) => store.put("mine", 1, { ttl: 30 }));
      await right.put("theirs", 2, { ttl: 30 });
      expect(await as((store) => store.getMany(["mine", "theirs"]))).toEqual([1, 2]);
      for (const ttl of [
        (await right.ttl("mine"))?.ttl,
        (await as((store) => store.ttl("mine")))?.ttl,
        (await as((store) => store.ttl("theirs")))?.ttl,
      ]) {
        expect(ttl).toBeGreaterThan(20);
        expect(ttl).toBeLessThanOrEqual(31);
      }
      expect(await as((store) => store.putIfAbsent("theirs", 3, { ttl: 30 }))).toBe(false);
      expect(await as((store) => store.update<number>("theirs", (n) => (n ?? 0) + 1))).toBe(3);
      expect(await as((store) => store.increment("theirs"))).toBe(4);
      expect(await as((store) => store.touch("mine", 40))).toBe(true);
      await later(35, async () => {
        expect(await right.getMany(["mine", "theirs"])).toEqual([1, null]);
        expect(await right.putIfAbsent("theirs", 5)).toBe(true);
      });
    });

    it("has one winner, one limit and one holder of a lock with all others", async () => {
      const scope = `shared ${seconds}`;
      const right = durableObjectStore(objects(scope));
      const { as } = skewed(scope, seconds);
      expect(await as((store) => store.putIfAbsent("leader", "mine", { ttl: 30 }))).toBe(true);
      expect(await right.putIfAbsent("leader", "theirs", { ttl: 30 })).toBe(false);
      expect(await as((store) => store.putIfAbsent("leader", "mine", { ttl: 30 }))).toBe(false);
      let allowed = 0;
      const take = (store: typeof right) => rateLimit(store, "k", { limit: 10, window: 60 });
      for (let i = 0; i < 30; i++) if ((await (i % 2 ? take(right) : as(take))).allowed) allowed++;
      expect(allowed).toBe(10);

      const lock = (store: typeof right) => tryLock(store, "job", { ttl: 30 });
      const held = await right.destroyCollection({ collection: "locks" }).then(() => lock(right));
      expect(await as(lock)).toBe(null);
      expect(await held?.release()).toBe(true);
      const mine = await as(lock);
      expect(await lock(right)).toBe(null);
      expect((mine?.token ?? 0) > (held?.token ?? 0)).toBe(true);
      await later(31, async () => {
        expect(await right.putIfAbsent("leader", "theirs", { ttl: 30 })).toBe(true);
        const next = await lock(right);
        expect((next?.token ?? 0) > (mine?.token ?? 0)).toBe(true);
        expect(await mine?.release()).toBe(false);
      });
      await later(62, async () => expect((await take(right)).remaining).toBe(9));
    });

    it("leaves the deadline exactly as it is when it updates an entry", async () => {
      const scope = `exact ${seconds}`;
      const right = durableObjectStore(objects(scope));
      const stub = objects(scope).stub("edge-key-value-0");
      const deadline = () =>
        runInDurableObject(stub, (_, { storage }) =>
          storage.sql.exec("SELECT expires_at FROM edge_key_value WHERE key = 'k'").toArray(),
        );
      await right.put("k", 1, { ttl: 300 });
      const before = await deadline();
      const { as } = skewed(scope, seconds);
      await as((store) => store.update<number>("k", (n) => (n ?? 0) + 1));
      await as((store) => store.increment("k"));
      expect(await deadline()).toEqual(before);
      expect(await right.get("k")).toBe(3);
    });
  });
}

describe("rows that this library did not write so", () => {
  it("are an error or a miss when a time is text or infinite, and listings, the alarm and cull go on", async () => {
    const namespace = objects("damaged");
    const store = durableObjectStore(namespace);
    const stub = namespace.stub("edge-key-value-0");
    const lenient = durableObjectStore(namespace, { onCorrupt: "miss" });
    for (const set of ["expires_at = 'soon'", "expires_at = 9e999", "created_at = 'then'", "value = x'00'"]) {
      await store.put("k", 1, { ttl: 600 });
      await runInDurableObject(stub, (_, { storage }) =>
        storage.sql.exec(`UPDATE edge_key_value SET ${set}`).toArray(),
      );
      for (const work of [
        () => store.get("k"),
        () => store.ttl("k"),
        () => store.getMany(["k", "l"]),
        () => store.take("k"),
        () => store.increment("k"),
        () => store.getWithVersion("k"),
        () => store.putIfAbsent("k", 2),
      ]) {
        await expect(work()).rejects.toMatchObject({ name: "KeyValueError", code: "corrupted" });
      }
      await store.put("other", 1, { ttl: 600 });
      expect((await store.listKeys()).names).toEqual(["k", "other"]);
      expect(await store.cull()).toBe(0);
      expect(await lenient.ttl("k")).toBe(null);
      expect(await lenient.getMany(["k", "other"])).toEqual([null, 1]);
      expect(await lenient.increment("k", 5)).toBe(5);
      expect(await store.get("k")).toBe(5);
      await store.destroy();
    }
  });
});

describe("the table of an older release", () => {
  it("works on, and that release can still read and write it", async () => {
    const namespace = objects("older");
    const stub = namespace.stub("edge-key-value-0");
    const uuid = "0d7f2b9e-7c4e-4f2e-9d37-6c1f6f0a3b55";
    const sql = <R>(work: (sql: SqlStorage) => R) => runInDurableObject(stub, (_, { storage }) => work(storage.sql));
    await sql((sql) => {
      sql.exec(`CREATE TABLE edge_key_value (collection TEXT NOT NULL, key TEXT NOT NULL, value TEXT, created_at INTEGER,
        expires_at INTEGER, version TEXT NOT NULL, PRIMARY KEY (collection, key)) WITHOUT ROWID`);
      sql.exec("CREATE TABLE edge_key_value_meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID");
      sql.exec("INSERT INTO edge_key_value_meta VALUES ('shards', 1)");
      sql.exec(
        `INSERT INTO edge_key_value VALUES ('c', 'n', '41', 5, NULL, '${uuid}'), ('c', 'gone', NULL, NULL, NULL, 'x')`,
      );
    });
    const store = durableObjectStore(namespace, { defaultCollection: "c" });
    expect(await store.getWithVersion("n")).toEqual({ value: 41, ttl: null, version: uuid });
    expect(await store.increment("n")).toBe(42);
    expect(await store.putIfAbsent("gone", 1)).toBe(true);
    expect((await store.listKeys()).names).toEqual(["gone", "n"]);
    // What that release does: it names no columns when it inserts, and takes the whole text for a version.
    const [row] = await sql((sql) => sql.exec("SELECT value, version FROM edge_key_value WHERE key = 'n'").toArray());
    expect(row).toMatchObject({ value: "42", version: expect.any(String) });
    await sql((sql) =>
      sql.exec(`INSERT INTO edge_key_value VALUES ('c', 'n', '50', NULL, NULL, 'a-version') ON CONFLICT DO UPDATE SET
        value = excluded.value, created_at = excluded.created_at, expires_at = excluded.expires_at,
        version = excluded.version`),
    );
    expect(await store.increment("n")).toBe(51);
    expect(await codeOf(durableObjectStore(namespace, { shards: 2 }).get("n"))).toBe("misconfigured");
  });
});

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "none",
    ({ code }) => code,
  );
