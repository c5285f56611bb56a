import { afterAll, beforeAll, expect, it } from "#test";
import { upstashStore } from "../../../src/adapters/upstash.ts";
import type { JsonValue } from "../../../src/core/json.ts";
import type { Operation } from "../../../src/core/operation.ts";
import { hold } from "../../../src/core/operations/hold.ts";
import { increment } from "../../../src/core/operations/increment.ts";
import { limit } from "../../../src/core/operations/limit.ts";
import { take } from "../../../src/core/operations/take.ts";
import { touch } from "../../../src/core/operations/touch.ts";
import { type Driver, type Entry, toDriver } from "../../../src/index.ts";
import { randomOf } from "../../support/chaos.ts";
import { fewer, seeds } from "../../support/histories.ts";
import { type Database, describeWithRedis, openDatabase } from "../../support/upstash.ts";

/** A case for one operation: what is there, and the arguments. */
interface Case {
  readonly operation: Operation<JsonValue, JsonValue>;
  readonly args: JsonValue;
  readonly value: JsonValue;
}

// The clock of this process and, in the scripts, that of the server are set to the same time.
const { now } = Date;
let time = 0;
/** Redis counts down by its real clock. Entries live longer by so many milliseconds, so that none expires meanwhile. */
const LONGER = 100_000;

afterAll(() => {
  Date.now = now;
});

function caseOf(random: () => number): Case {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  // biome-ignore format: a table
  const number = () => pick([
    0, 1, -1, 0.1, 0.2, 1e-7, 123456.789, 1e15 + 0.3, 2 ** 53 - 1, -(2 ** 53 - 1), 5e-324, 1e300, random(), random() * 1e10,
    -random() * 1e5, Math.floor(random() * 1e6),
  ]);
  const life = () => pick([null, 50, 1000, Math.ceil(random() * 1e9), 2e14]);
  const odd: readonly JsonValue[] = ["text", true, {}, [], [1], { value: 1 }, '"value":', "\uFFFD\uD800", [[0, 1.5]]];
  const window = pick([0.5, 10.3, 33, 1000, 60_000, 86_400_000 / 7]);
  const slice = Math.floor(time / (window / 64));
  const slices = pick<JsonValue>([
    [],
    [[slice, 1]],
    [
      [slice - 65, 5],
      [slice - 64, 1],
      [slice - 3, 2],
    ],
    [
      [slice - 1, 3],
      [slice, 2],
      [slice + 2, 1],
    ],
    [
      [slice, 2],
      [slice - 2, 1],
      [slice, 4],
    ],
    [
      [slice - 1, -1],
      [slice, 0],
    ],
    Array.from({ length: 66 }, (_, i) => [slice - 66 + i, Math.ceil(random() * 3)]),
  ]);
  const owner = () => pick(["a", "b", 'x","until":"y', "\uFFFD", "é\uD800"]);
  const held = {
    token: pick([1, 7, time * 1000 + 5, 2 ** 53 - 1]),
    owner: pick([null, owner()]),
    until: time + pick([-5, 0, 500]),
  };
  return pick<() => Case>([
    () => ({ operation: take, args: null, value: pick([number(), { a: [null, "\uFFFD é"] }, ...odd]) }),
    () => ({
      operation: increment,
      args: { by: number(), life: life() },
      value: pick([number(), number(), number(), ...odd]),
    }),
    () => ({ operation: touch, args: { life: life() }, value: pick([number(), ...odd]) }),
    () => ({
      operation: limit,
      args: { limit: pick([1, 3, 10, 150]), window, cost: pick([0, 1, 1, 2]) },
      value: pick([slices, slices, slices, ...odd]),
    }),
    () => ({
      operation: hold,
      args: { owner: owner(), life: pick([0, 1, 30_000]), take: pick([true, false]) },
      value: pick<JsonValue>([held, held, held, { ...held, token: 1.5 }, { token: 1 }, ...odd]),
    }),
  ])() as Case;
}

describeWithRedis("the scripts of operations", () => {
  let db: Database;
  let driver: Driver<"swap">;
  /** What scripts have returned. */
  let scripts: string[] = [];
  beforeAll(async () => {
    db = await openDatabase();
    const client = db.client();
    driver = toDriver(
      upstashStore({
        exec: async ([name, script = "", ...args]) => {
          const fixed = `{'${Math.floor(time / 1000)}', '${time % 1000}999'}`;
          const slow = script
            .replaceAll("redis.call('TIME')", fixed)
            .replaceAll("'PX', life)", `'PX', life + ${LONGER})`);
          const reply = await client.exec([name, slow, ...args]);
          if (Array.isArray(reply)) scripts.push(String(reply[0]));
          return reply;
        },
      }),
    );
  });

  it("do what the functions of the same name say, to the last digit and millisecond", async () => {
    const random = randomOf(20261125);
    for (let i = 0; i < seeds(fewer(150)); i++) {
      time = 1.6e12 + Math.floor(random() * 1e12);
      Date.now = () => time;
      const { operation, args, value } = caseOf(random);
      const lives = random() < 0.5 ? 50_000 + Math.floor(random() * 1e9) : undefined;
      const entry: Entry | undefined =
        random() < 0.15 ? undefined : { value, createdAt: time - 5000, expiresAt: lives && time + lives };
      const key = `${i}`;
      if (entry) await driver.write("c", [[key, entry]]);
      const before = await db.redis("GET", `c::${key}`);
      await db.requests();

      const { next, result } = operation.run(entry, args, time);
      const found = await driver.apply?.("c", key, operation, args);
      const requests = (await db.requests()).length;
      const stored = (await db.redis("GET", `c::${key}`)) as string | null;
      const shown = { i, operation: operation.name, args, value, lives };
      expect({ ...shown, result: found }).toEqual({ ...shown, result });

      if (next === entry) expect({ ...shown, stored }).toEqual({ ...shown, stored: before });
      else if (!next) expect({ ...shown, stored }).toEqual({ ...shown, stored: null });
      else {
        const envelope = JSON.parse(stored as string);
        const dates = [next.createdAt, next.expiresAt].map((date) =>
          date === undefined
            ? undefined
            : new Date(Math.min(date, 253402300799999)).toISOString().replace("Z", "000+00:00"),
        );
        expect({ ...shown, value: envelope.value, dates: [envelope.created_at, envelope.expires_at] }).toEqual({
          ...shown,
          value: next.value,
          dates,
        });
        expect(envelope.id === JSON.parse((before as string) ?? "{}").id).toBe(false);
        const left = next.expiresAt === undefined ? -1 : next.expiresAt - time + LONGER;
        const ttl = (await db.redis("PTTL", `c::${key}`)) as number;
        expect([shown, Math.abs(ttl - left) < LONGER]).toEqual([shown, true]);
      }
      // Redis's JSON has no lone surrogates, so the script does not know whether it can take that one.
      const unknown = operation === take && entry && value === "\uFFFD\uD800";
      expect({ ...shown, requests }).toEqual({ ...shown, requests: unknown ? 2 : 1 });

      // A script knows what it has written itself, and does not leave it to the function.
      if (!next || next === entry) continue;
      const sent: string[] = [];
      scripts = sent;
      const second = operation.run(next, args, time);
      expect({ ...shown, second: await driver.apply?.("c", key, operation, args) }).toEqual({
        ...shown,
        second: second.result,
      });
      expect({ ...shown, replies: sent.filter((reply) => reply.startsWith("?")) }).toEqual({ ...shown, replies: [] });
    }
  });

  it("leave what another program wrote, and what is damaged, to a read and a swap", async () => {
    Date.now = now;
    const real = toDriver(upstashStore(db.client()));
    const at = "foreign";
    const python = (value: JsonValue) => JSON.stringify({ collection: at, key: "k", value, version: 1 });
    await db.redis("SET", "foreign::k", python(5));
    expect(await real.apply?.(at, "k", increment, { by: 0.25, life: null })).toEqual({ sum: 5.25 });
    expect(await real.apply?.(at, "k", take, null)).toBe(5.25);
    await db.redis("SET", "foreign::k", python({ a: 1 }), "PX", 50_000);
    await db.requests();
    expect(await real.apply?.(at, "k", touch, { life: 90_000 })).toBe(true);
    expect((await db.requests()).length).toBe(2);
    expect(((await db.redis("PTTL", "foreign::k")) as number) > 80_000).toBe(true);
    expect(await real.apply?.(at, "k", take, null)).toEqual({ a: 1 });
    expect(await db.redis("EXISTS", "foreign::k")).toBe(0);

    for (const damaged of ['{"id":"x","value":1', '{"id":"x","value":}', '{"id":"x","other":1}', '{"id":', ""]) {
      for (const call of [
        () => real.apply?.(at, "k", take, null),
        () => real.apply?.(at, "k", increment, { by: 1, life: null }),
        () => real.apply?.(at, "k", hold, { owner: "a", life: 1, take: true }),
      ]) {
        await db.redis("SET", "foreign::k", damaged);
        const code = await (async () => call())().then(
          () => "",
          (error) => error.code,
        );
        expect([damaged, code, await db.redis("GET", "foreign::k")]).toEqual([damaged, "corrupted", damaged]);
      }
    }
  });

  it("take what is too large to be looked at in two calls", async () => {
    const store = upstashStore(db.client(), { keyPrefix: "large" });
    const text = "x".repeat(100_000);
    await store.put("k", text);
    await db.requests();
    expect(await store.take("k")).toBe(text);
    expect((await db.requests()).length).toBe(2);
    expect(await store.take("k")).toBe(null);
  });
});
