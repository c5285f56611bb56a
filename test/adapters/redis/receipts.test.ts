import { beforeAll, expect, it } from "#test";
import { type UpstashClient, upstashStore } from "../../../src/adapters/upstash.ts";
import type { KeyValueError } from "../../../src/index.ts";
import { type Database, describeWithRedis, openDatabase } from "../../support/upstash.ts";

type Command = Parameters<UpstashClient["exec"]>[0];

/** A client whose next command is executed, but its reply is lost until `resend` is called: then it is sent again. */
function losing(client: UpstashClient) {
  let lost: { command?: Command; seen: () => void; again: Promise<void> } | undefined;
  let sent: Command | undefined;
  return {
    exec: async (command: Command) => {
      sent = command;
      const mine = lost;
      lost = undefined;
      if (!mine) return client.exec(command);
      await client.exec(command);
      mine.seen();
      await mine.again;
      return client.exec(command);
    },
    /** Loses the reply of the next command. `executed` says when Redis has run it. */
    loseNext() {
      let seen = () => {};
      let resend = () => {};
      const executed = new Promise<void>((resolve) => (seen = resolve));
      lost = { seen, again: new Promise<void>((resolve) => (resend = resolve)) };
      return { executed, resend };
    },
    /** Sends the last command once more, as a copy that comes late. */
    repeatLast: () => client.exec(sent as Command),
  };
}

describeWithRedis("receipts", () => {
  let db: Database;
  beforeAll(async () => {
    db = await openDatabase();
  });

  const receipts = async (prefix: string) =>
    (await db.redis("KEYS", `${prefix}::edge-key-value:receipts:*`)) as [string, ...string[]];

  it("make an operation happen once though it is sent again after 1,000 others on all keys", async () => {
    const client = losing(db.client());
    const store = upstashStore(client, { keyPrefix: "once" });
    await store.put("token", "first");
    const operations: [call: () => Promise<unknown>, result: unknown, after: unknown][] = [
      [() => store.increment("token2"), 1, 501],
      [() => store.take("token"), "first", "other"],
      [() => store.putIfAbsent("token3", "mine"), true, "other"],
      [() => store.put("token4", "mine"), undefined, "other"],
      [() => store.delete("token4"), true, "other"],
      [() => store.touch("token4", 60), true, "other"],
      [() => store.deleteMany(["token3", "token4", "missing"]), 2, "other"],
    ];
    for (const [i, [call, result, after]] of operations.entries()) {
      const key = /"(token\d?)"/.exec(`${call}`)?.[1] as string;
      const { executed, resend } = client.loseNext();
      const answer = call();
      await executed;
      // Others write to the same key, and a lot happens elsewhere.
      if (i === 0) {
        await Promise.all(Array.from({ length: 1000 }, (_, n) => store.increment(n % 2 ? "n" : key)));
      } else await store.put(key, "other");
      resend();
      expect([`${call}`, await answer]).toEqual([`${call}`, result]);
      expect([`${call}`, await store.get(key)]).toEqual([`${call}`, after]);
    }
  });

  it("refuse a copy that comes after its caller was told the outcome", async () => {
    const client = losing(db.client());
    const store = upstashStore(client, { keyPrefix: "late" });
    await store.put("k", "there");
    expect(await store.putIfAbsent("k", "mine")).toBe(false);
    const late = client.repeatLast;
    await upstashStore(db.client(), { keyPrefix: "late" }).delete("k");
    // Before and after the receipt is dropped.
    await late();
    expect(await store.get("k")).toBe(null);
    expect(await store.increment("n")).toBe(1);
    const copies = [late, client.repeatLast];
    for (let i = 0; i < 200; i++) await store.increment("other");
    await store.delete("n");
    for (const copy of copies) await copy();
    expect(await store.getMany(["k", "n"])).toEqual([null, null]);
  });

  it("take up the room of what happens at the same time, not of what has happened", async () => {
    const store = upstashStore(db.client(), { keyPrefix: "room" });
    for (let i = 0; i < 15; i++) await Promise.all(Array.from({ length: 40 }, (_, n) => store.put(`k${n}`, i)));
    const names = await receipts("room");
    expect(names.length).toBe(1);
    expect((await db.redis("HLEN", names[0])) as number).toBeLessThan(200);
    const ttl = (await db.redis("PTTL", names[0])) as number;
    expect(ttl > 60_000 && ttl <= 120_000).toBe(true);
    // Stores of one process share it, so that a Worker can make a store for each request.
    for (let i = 0; i < 20; i++) await upstashStore(db.client(), { keyPrefix: "room" }).increment("n");
    expect(await receipts("room")).toEqual(names);
  });

  it("that Redis has lost make a write fail and change nothing, and the next one work", async () => {
    const store = upstashStore(db.client(), { keyPrefix: "gone" });
    expect(await store.increment("n")).toBe(1);
    await db.redis("DEL", ...(await receipts("gone")));
    const error: KeyValueError = await store.increment("n").catch((reason) => reason);
    expect([error.code, error.store, error.key]).toEqual(["unavailable", "upstash", "n"]);
    expect(await store.get("n")).toBe(1);
    expect(await store.increment("n")).toBe(2);
  });
});
