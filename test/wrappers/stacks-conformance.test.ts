import { afterAll, beforeAll, describe, expect, it } from "#test";
import { upstashStore } from "../../src/adapters/upstash.ts";
import { conformance } from "../../src/conformance/index.ts";
import { type AsyncKeyValue, type Capability, memoryStore } from "../../src/index.ts";
import { cacheThrough } from "../../src/wrappers/cache-through.ts";
import { clampTtl } from "../../src/wrappers/clamp-ttl.ts";
import { compress } from "../../src/wrappers/compress.ts";
import { encrypt } from "../../src/wrappers/encrypt.ts";
import { fallback } from "../../src/wrappers/fallback.ts";
import { fernet } from "../../src/wrappers/fernet.ts";
import { limitSize } from "../../src/wrappers/limit-size.ts";
import { prefixCollections } from "../../src/wrappers/prefix-collections.ts";
import { prefixKeys } from "../../src/wrappers/prefix-keys.ts";
import { retry } from "../../src/wrappers/retry.ts";
import { route } from "../../src/wrappers/route.ts";
import { seed } from "../../src/wrappers/seed.ts";
import { timeout } from "../../src/wrappers/timeout.ts";
import { everyCombination, withVariants } from "../support/combinations.ts";
import { stackOfFive } from "../support/stacks.mjs";
import { describeWithRedis, openDatabase } from "../support/upstash.ts";

const runner = { describe, it, expect };

// Otherwise `upstash-linearizability.test.ts` has this stack with Upstash, where it meets other callers and lost replies.
if (everyCombination)
  describeWithRedis("a stack of five", () => {
    conformance(runner, "over Upstash", async () => stackOfFive(upstashStore((await openDatabase()).client())), {
      capabilities: ["listKeys", "swap"],
      ttlGranularity: 0.1,
    });
  });

// The clock is moved instead of waiting for it.
const now = Date.now;
let passed = 0;
const wait = (seconds: number) => {
  passed += seconds * 1000;
};

type Wrap = (store: AsyncKeyValue) => AsyncKeyValue;
const key = new Uint8Array(32).fill(7);
const wrappers = {
  compress: (store) => compress(store, { minBytes: 0, maxBytes: 200_000 }),
  encrypt: (store) => encrypt(store, { keys: [{ id: "a", key }] }),
  fernet: (store) => fernet(store, { keys: [key] }),
  prefixKeys: (store) => prefixKeys(store, "a:"),
  prefixCollections: (store) => prefixCollections(store, "a:"),
  cacheThrough: (store) => cacheThrough(store, memoryStore(), { maxTtl: 60 }),
  retry: (store) => retry(store),
  timeout: (store) => timeout(store),
  limitSize: (store) => limitSize(store, { minBytes: 1, maxBytes: 400_000 }),
  clampTtl: (store) => clampTtl(store, { min: 0.001, max: 2.3e11 }),
  seed: (store) => seed(store, { seeds: { a: 1 } }),
  route: (store) => route({ elsewhere: memoryStore() }, store),
  fallback: (store) => fallback(store, { ...memoryStore() }),
} satisfies Record<string, Wrap>;
type Name = keyof typeof wrappers;

/**
 * Pairs in which one wrapper sees what the other makes of entries, names, deadlines or failures. Compression goes around
 * encryption alone, and `test/codecs/conformance.test.ts` has that.
 */
const pairs: readonly (readonly [Name, Name])[] = [
  ["encrypt", "fernet"],
  ["limitSize", "compress"],
  ["limitSize", "encrypt"],
  ["prefixKeys", "cacheThrough"],
  ["prefixKeys", "prefixCollections"],
  ["prefixKeys", "encrypt"],
  ["prefixCollections", "route"],
  ["prefixCollections", "seed"],
  ["cacheThrough", "encrypt"],
  ["cacheThrough", "clampTtl"],
  ["cacheThrough", "fallback"],
  ["retry", "timeout"],
  ["retry", "fallback"],
  ["retry", "route"],
  ["seed", "encrypt"],
  ["seed", "prefixKeys"],
];

/**
 * Copies in a cache, and encryption that binds names, meet other deadlines or names in the other order. What else an order
 * changes is in `stacks-orders.test.ts`, and `stacks.test.ts` compares each over each other with a model, so those pairs run in
 * the other order in the matrix alone.
 */
const bothOrders = ([a, b]: readonly [Name, Name]) =>
  everyCombination || a === "cacheThrough" || b === "cacheThrough" || (a === "prefixKeys" && b === "encrypt");
const reversed = pairs.filter(bothOrders).map(([a, b]) => [b, a] as const);
const tested = withVariants ? [...pairs, ...reversed] : pairs.slice(0, 1);

const everything: Capability[] = ["listKeys", "listCollections", "destroyCollection", "destroy", "cull", "swap"];
/** What is lost where a wrapper is part of a stack. */
const lost: Partial<Record<Name, readonly Capability[]>> = {
  prefixKeys: ["listCollections", "destroyCollection", "destroy"],
  prefixCollections: ["destroy"],
};

describe("two wrappers", () => {
  beforeAll(() => {
    Date.now = () => now() + passed;
  });
  afterAll(() => {
    Date.now = now;
  });

  for (const [outer, inner] of tested) {
    const gone = [outer, inner].flatMap((name) => lost[name] ?? []);
    const capabilities = everything.filter((capability) => !gone.includes(capability));
    const make = () => (wrappers[outer] as Wrap)((wrappers[inner] as Wrap)(memoryStore()));
    conformance(runner, `${outer} over ${inner}`, make, { capabilities, ordered: true, wait });
  }
});
