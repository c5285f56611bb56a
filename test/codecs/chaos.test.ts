/** What is read of bytes that were damaged where they are stored: an error or nothing, and never another value. */
import { describe, expect, it } from "#test";
import { transform, wrap } from "../../src/combinators/index.ts";
import { createStore, type JsonValue, memoryStore, type Store, toDriver } from "../../src/index.ts";
import { compress } from "../../src/wrappers/compress.ts";
import { encrypt } from "../../src/wrappers/encrypt.ts";
import { fernet } from "../../src/wrappers/fernet.ts";
import { chaos, randomOf } from "../support/chaos.ts";

type Swapping = Store<"swap">;

const key = new Uint8Array(32).fill(7);
const keys = [{ id: "a", key }];
const miss = { onFailure: "miss" } as const;

const throwing: Record<string, (store: Swapping) => Swapping> = {
  compress: (store) => compress(store, { minBytes: 0 }),
  encrypt: (store) => encrypt(store, { keys }),
  fernet: (store) => fernet(store, { keys: [key] }),
  "compress over encrypt": (store) => compress(encrypt(store, { keys })),
};
const missing: typeof throwing = {
  encrypt: (store) => encrypt(store, { keys, ...miss }),
  fernet: (store) => fernet(store, { keys: [key], ...miss }),
  "compress over fernet": (store) => compress(fernet(store, { keys: [key], ...miss })),
};

const VALUE = { text: "what was put ".repeat(100), n: 1 };

/** Every text and number of what is read is another one, in half of the calls. */
const altering = (store: Swapping, seed: number): Swapping =>
  createStore(chaos(toDriver(store), { seed, corrupt: 0.5 }).driver);

/** One character of one text or one number of what is read is another one, in half of the calls. */
function damaging(store: Swapping, seed: number): Swapping {
  const random = randomOf(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  function damaged(value: JsonValue): JsonValue {
    if (random() < 0.5) return value;
    const fields = Object.entries(value as { [name: string]: JsonValue });
    const [name, field] = fields[below(fields.length)] as (typeof fields)[number];
    if (typeof field !== "string") return { ...Object.fromEntries(fields), [name]: below(5) };
    const at = below(field.length);
    const other = `${field.slice(0, at)}${"Aa0+/= é"[below(8)]}${field.slice(at + 1)}`;
    return { ...Object.fromEntries(fields), [name]: other };
  }
  const decode = <E extends { readonly value: JsonValue }>(entry: E) => ({ ...entry, value: damaged(entry.value) });
  return wrap(store, (driver) => transform(driver, { encode: (entry) => entry, decode }));
}

/** How often each answer came: `"value"` for what was put, `"null"`, codes, and for all else itself. */
async function answersOf(make: (store: Swapping) => Swapping, damage: typeof damaging): Promise<Map<string, number>> {
  const base = memoryStore();
  await make(base).put("k", VALUE);
  const stored = await base.get("k");
  const counts = new Map<string, number>();
  const put = JSON.stringify(VALUE);
  const count = async (call: Promise<unknown>) => {
    const answer = await call.then(
      (value) => (JSON.stringify(value) === put ? "value" : JSON.stringify(value)),
      (error) => `${error.name} ${error.code}`,
    );
    counts.set(answer, (counts.get(answer) ?? 0) + 1);
  };
  for (let seed = 1; seed <= 40; seed++) {
    const store = make(damage(base, seed));
    await count(store.get("k"));
    await count(store.getMany(["k"]).then(([value]) => value));
    await count(store.ttl("k").then((found) => found?.value ?? null));
    await count(store.update("k", () => undefined));
  }
  expect(await base.get("k")).toEqual(stored);
  return counts;
}

const codes = ["corrupted", "tampered", "wrong_key", "unknown_key", "not_encrypted", "too_large"];
const documented = codes.map((code) => `KeyValueError ${code}`);

for (const [how, damage] of Object.entries({ "wholly altered": altering, "damaged in one place": damaging })) {
  describe(`over stored values that are ${how}`, () => {
    for (const [name, make] of Object.entries(throwing)) {
      it(`${name} answers what was put or says what is wrong`, async () => {
        const answers = await answersOf(make, damage);
        expect([...answers.keys()].filter((answer) => answer !== "value" && !documented.includes(answer))).toEqual([]);
        expect(answers.get("value")).toBeGreaterThan(40);
        expect(answers.get("value")).toBeLessThanOrEqual(120);
      });
    }

    for (const [name, make] of Object.entries(missing)) {
      it(`${name} answers what was put or nothing where failures are to be misses`, async () => {
        const answers = await answersOf(make, damage);
        expect([...answers.keys()].sort()).toEqual(["null", "value"]);
      });
    }
  });
}
