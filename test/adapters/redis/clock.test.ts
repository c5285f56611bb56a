import { afterAll, beforeAll, expect, it } from "#test";
import { upstashStore } from "../../../src/adapters/upstash.ts";
import type { Store } from "../../../src/index.ts";
import { tryLock } from "../../../src/lock.ts";
import { rateLimit } from "../../../src/rate-limit.ts";
import { type Database, describeWithRedis, openDatabase } from "../../support/upstash.ts";

const { now } = Date;
afterAll(() => {
  Date.now = now;
});

/** A caller whose clock is off by some seconds: each of its calls starts and ends by that clock. */
function skewed(db: Database, seconds: number): Store<"swap" | "listKeys"> {
  const clock = () => now() + seconds * 1000;
  // The clock is set before a call, and again when its reply has come, since other callers have set theirs meanwhile.
  const client = db.client();
  const store = upstashStore({
    exec: async (command) => {
      const reply = await client.exec(command);
      Date.now = clock;
      return reply;
    },
  });
  const wrapped = Object.entries(store).map(([name, method]) => [
    name,
    typeof method !== "function"
      ? method
      : (...args: unknown[]) => {
          Date.now = clock;
          return (method as (...all: unknown[]) => unknown)(...args);
        },
  ]);
  return Object.fromEntries(wrapped) as Store<"swap" | "listKeys">;
}

describeWithRedis("callers whose clocks are a minute ahead and behind", () => {
  let db: Database;
  let callers: Store<"swap" | "listKeys">[];
  beforeAll(async () => {
    db = await openDatabase();
    callers = [-60, 0, 60].map((seconds) => skewed(db, seconds));
  });

  it("write entries that live equally long, for Redis and for Python", async () => {
    for (const [i, caller] of callers.entries()) {
      await caller.put("put", i, { ttl: 30 });
      await caller.putMany([["many", i]], { ttl: 30 });
      await caller.delete("absent");
      expect(await caller.putIfAbsent("absent", i, { ttl: 30 })).toBe(true);
      await caller.delete("counter");
      await caller.increment("counter", 1, { ttl: 30 });
      await caller.put("touched", i, { ttl: 1 });
      await caller.touch("touched", 30);
      await caller.put("updated", i, { ttl: 1 });
      await caller.update("updated", () => i, { ttl: 30 });
      for (const key of ["put", "many", "absent", "counter", "touched", "updated"]) {
        const name = `default_collection::${key}`;
        const ttl = (await db.redis("PTTL", name)) as number;
        expect([key, i, ttl > 20_000 && ttl <= 30_000]).toEqual([key, i, true]);
        const { expires_at } = JSON.parse((await db.redis("GET", name)) as string);
        const deadline = (await db.redis("PEXPIRETIME", name)) as number;
        expect([key, i, Math.abs(Date.parse(expires_at) - deadline) < 5]).toEqual([key, i, true]);
      }
    }
  });

  it("read what is there, with the time that it has left", async () => {
    await callers[1]?.put("short", "value", { ttl: 30 });
    for (const caller of callers) {
      expect(await caller.get("short")).toBe("value");
      const found = await caller.ttl("short");
      expect(found !== null && (found.ttl as number) > 20 && (found.ttl as number) <= 30).toBe(true);
      expect(await caller.putIfAbsent("short", 1)).toBe(false);
      expect(await caller.update("short", (old) => old)).toBe("value");
    }
    // An update without a TTL leaves the deadline where it is.
    const before = await db.redis("PEXPIRETIME", "default_collection::short");
    for (const caller of callers) await caller.update("short", () => "next");
    expect(await db.redis("PEXPIRETIME", "default_collection::short")).toBe(before);
    await db.redis("PEXPIRE", "default_collection::short", 1);
    while ((await db.redis("EXISTS", "default_collection::short")) !== 0);
    for (const caller of callers) expect(await caller.get("short")).toBe(null);
  });

  it("have one winner, one holder of a lock, and one limit", async () => {
    // One after the other: in one process they share a clock, which is set to that of the caller.
    const won: boolean[] = [];
    for (const [i, caller] of [...callers, ...callers].entries()) {
      won.push(await caller.putIfAbsent("leader", i, { ttl: 10 }));
    }
    expect(won).toEqual([true, false, false, false, false, false]);
    const storeAt = (seconds: number) => {
      const client = db.client();
      return upstashStore({
        exec: (command) => {
          Date.now = () => now() + seconds * 1000;
          return client.exec(command);
        },
      });
    };
    const stores = [storeAt(-60), storeAt(0), storeAt(60)] as const;
    let allowed = 0;
    for (let i = 0; i < 30; i++) {
      const result = await rateLimit(stores[(i % 3) as 0 | 1 | 2], "k", { limit: 10, window: 60 });
      if (result.allowed) allowed++;
    }
    expect(allowed).toBe(10);

    const held = await tryLock(stores[0], "job", { ttl: 30 });
    for (const store of [...stores, ...stores]) expect(await tryLock(store, "job", { ttl: 30 })).toBe(null);
    expect(await held?.extend()).toBe(true);
    expect(await tryLock(stores[2], "job", { ttl: 30 })).toBe(null);
    expect([await held?.release(), await held?.extend()]).toEqual([true, false]);
    const next = await tryLock(stores[0], "job", { ttl: 30 });
    expect((next?.token ?? 0) > (held?.token ?? 0)).toBe(true);
  });
});
