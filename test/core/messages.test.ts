import { describe, expect, it } from "#test";
import { d1Store } from "../../src/adapters/d1.ts";
import { durableObjectStore } from "../../src/adapters/durable-object.ts";
import { r2Store } from "../../src/adapters/r2.ts";
import { redisStore } from "../../src/adapters/redis.ts";
import { upstashStore } from "../../src/adapters/upstash.ts";
import { workersKVStore } from "../../src/adapters/workers-kv.ts";
import { cached } from "../../src/cached.ts";
import { cachedResponse } from "../../src/cached-response.ts";
import { memoryStore } from "../../src/index.ts";
import { lock, tryLock, withLock } from "../../src/lock.ts";
import { rateLimit } from "../../src/rate-limit.ts";
import { encrypt } from "../../src/wrappers/encrypt.ts";
import { readOnly } from "../../src/wrappers/read-only.ts";

const wrong = (value: unknown): never => value as never;
const store = memoryStore();

async function errorOf(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    return String(error);
  }
  throw new Error("the call succeeded");
}

type Row = readonly [call: () => unknown, message: string];

async function expectMessages(rows: readonly Row[]): Promise<void> {
  const messages = await Promise.all(rows.map(([call]) => errorOf(call)));
  expect(messages).toEqual(rows.map(([, message]) => message));
}

describe("a message about a wrong argument", () => {
  it("says what was given", async () => {
    await expectMessages([
      [() => store.get(wrong(undefined)), "TypeError: key must be a string; got undefined"],
      [() => store.get(wrong(5)), "TypeError: key must be a string; got 5"],
      [() => store.get("k", { collection: wrong(null) }), "TypeError: collection must be a string; got null"],
      [() => store.get("k", wrong("users")), "TypeError: options must be an object; got a string"],
      [() => store.getMany(wrong("k")), "TypeError: keys must be an array; got a string"],
      [() => store.listKeys({ limit: 0 }), "TypeError: limit must be a whole number >= 1; got 0"],
      [() => store.increment("k", wrong("1")), "TypeError: by must be a finite number; got a string"],
      [() => store.update("k", wrong({})), "TypeError: change must be a function; got an object"],
      [() => memoryStore(wrong(5)), "TypeError: options must be an object; got 5"],
      [() => readOnly(wrong(undefined)), "TypeError: store must be an AsyncKeyValue; got undefined"],
      [
        () => readOnly(store, { onWrite: wrong(["ignore"]) }),
        'TypeError: onWrite must be "throw" or "ignore"; got an array',
      ],
    ]);
  });

  it("names an option that there is not, such as another library's name of a TTL", async () => {
    await expectMessages([
      [() => store.put("k", 1, wrong({ expirationTtl: 60 })), 'TypeError: there is no option "expirationTtl"'],
      [() => store.putMany([["k", 1]], wrong({ ttlSeconds: 60 })), 'TypeError: there is no option "ttlSeconds"'],
      [() => store.get("k", wrong({ colection: "users" })), 'TypeError: there is no option "colection"'],
      [() => store.update("k", () => 1, wrong({ px: 60 })), 'TypeError: there is no option "px"'],
      [() => store.listKeys(wrong({ max: 5 })), 'TypeError: there is no option "max"'],
      [() => store.listCollections(wrong({ max: 5 })), 'TypeError: there is no option "max"'],
      [() => store.keys(wrong({ prefx: "a" })).next(), 'TypeError: there is no option "prefx"'],
      [() => store.collections(wrong({ prefx: "a" })).next(), 'TypeError: there is no option "prefx"'],
    ]);
  });

  it("says so of a TTL as well", async () => {
    const message = "KeyValueError: ttl must be a number of seconds above 0; got ";
    await expectMessages([
      [() => store.put("k", 1, { ttl: wrong("60") }), `${message}a string`],
      [() => store.put("k", 1, { ttl: -1 }), `${message}-1`],
      [() => store.put("k", 1, { ttl: wrong(new Date()) }), `${message}an instance of Date`],
      [() => store.put("k", 1, { ttl: wrong({}) }), `${message}an object`],
      [
        () => rateLimit(store, "k", { limit: 5, window: wrong("60") }),
        "KeyValueError: window must be a number of seconds from 0.001 to below 1e9; got a string",
      ],
    ]);
  });

  it("never contains a string that was given, which may be a secret", async () => {
    const secret = wrong("sk_live_123");
    const calls = [
      () => store.get("k", secret),
      () => store.getMany(secret),
      () => store.put("k", 1, { ttl: secret }),
      () => store.increment("k", secret),
      () => workersKVStore(secret),
      () => readOnly(store, { onWrite: secret }),
    ];
    for (const message of await Promise.all(calls.map(errorOf))) expect(message).not.toContain(secret);
  });

  it("names the argument that is missing", async () => {
    await expectMessages([
      [() => store.putMany(wrong({})), "TypeError: entries must be [key, value] pairs; got an object"],
      [() => store.putMany(wrong(["k"])), "TypeError: entries must be [key, value] pairs; got a string"],
      [
        () => rateLimit(store, "k", wrong(undefined)),
        "TypeError: options must be an object with limit and window; got undefined",
      ],
      [() => lock(store, "k", wrong(undefined)), "TypeError: options must be an object; got undefined"],
      [() => tryLock(store, "k", wrong(undefined)), "TypeError: options must be an object; got undefined"],
      [() => withLock(store, "k", wrong(undefined), () => 1), "TypeError: options must be an object; got undefined"],
      [() => withLock(store, "k", { ttl: 10 }, wrong(undefined)), "TypeError: work must be a function; got undefined"],
      [
        () => cached(wrong(undefined), wrong(undefined), wrong(undefined)),
        "TypeError: fn must be a function; got undefined",
      ],
      [() => cached(store, () => 1, wrong(undefined)), "TypeError: options must be an object; got undefined"],
      [() => cached(store, () => 1, wrong({})), "TypeError: key must be a function; got undefined"],
      [
        () => cached(wrong(undefined), () => 1, { key: () => "k", ttl: 60 }),
        "TypeError: store must be an AsyncKeyValue; got undefined",
      ],
      [
        () => cached(store, () => 1, { key: () => "k", ttl: wrong("60") })(),
        "KeyValueError: ttl must be a number of seconds above 0; got a string",
      ],
      [
        () => cachedResponse(() => new Response(), wrong({})),
        "TypeError: store must be an AsyncKeyValue; got undefined",
      ],
    ]);
  });

  it("refuses in place of a store what only looks like one", async () => {
    // A binding of Workers KV, and the client of another library.
    const namespace = { get: async () => null, put: async () => {}, delete: async () => {}, list: async () => ({}) };
    const options = { key: () => "k", ttl: 60 };
    await expectMessages([
      [
        () => cached(wrong(new Map()), () => 1, options),
        "TypeError: store must be an AsyncKeyValue; got an instance of Map",
      ],
      [() => cached(wrong(namespace), () => 1, options), "TypeError: store must be an AsyncKeyValue; got an object"],
      [() => readOnly(wrong({ get() {}, getMany() {} })), "TypeError: store must be an AsyncKeyValue; got an object"],
    ]);
  });

  it("says which kinds of keys there are", async () => {
    const message =
      "key must be a CryptoKey for AES-GCM with 256 bits, a Uint8Array of 32 bytes, or a passphrase(text, salt)";
    await expectMessages([
      [
        () => encrypt(store, { keys: [{ id: "1", key: wrong("correct horse") }] }),
        `TypeError: ${message}; got a string`,
      ],
    ]);
  });

  it("says which setting may be missing", async () => {
    await expectMessages([
      [
        () => workersKVStore(wrong(undefined)),
        "TypeError: namespace is undefined: is there a KV binding of that name in your Wrangler config?",
      ],
      [
        () => durableObjectStore(wrong(undefined)),
        "TypeError: namespace is undefined: is there a Durable Object binding of that name in your Wrangler config?",
      ],
      [
        () => d1Store(wrong(undefined)),
        "TypeError: database is undefined: is there a D1 binding of that name in your Wrangler config?",
      ],
      [
        () => r2Store(wrong(undefined)),
        "TypeError: bucket is undefined: is there an R2 binding of that name in your Wrangler config?",
      ],
      [
        () => redisStore(wrong(undefined)),
        "TypeError: client must be a client of node-redis, ioredis, iovalkey or Bun, or a redis:// URL; got undefined",
      ],
      [
        () => upstashStore(wrong({ url: undefined, token: "t" })),
        "KeyValueError: upstashStore needs a URL and a token, but url is undefined: are UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN set?",
      ],
    ]);
  });
});

describe("a message about a value that JSON would change", () => {
  const put = (value: unknown) => () => store.put("k", value);

  it("says what is there", async () => {
    const cycle: { b?: object } = {};
    cycle.b = { a: cycle };
    await expectMessages([
      [put(null), "KeyValueError: value is null: use delete to remove an entry"],
      [put(undefined), "KeyValueError: value is undefined"],
      [put(NaN), "KeyValueError: value is NaN"],
      [put({ at: new Date() }), "KeyValueError: value.at is an instance of Date"],
      [put([new Error("secret")]), "KeyValueError: value[0] is an instance of Error"],
      [put(new (class {})()), "KeyValueError: value is an instance of a class"],
      [put({ now: () => 1 }), "KeyValueError: value.now is a function"],
      [put(1n), "KeyValueError: value is a bigint"],
      [put(cycle), `KeyValueError: value${".b.a".repeat(10)} is cyclic or too deep`],
    ]);
  });
});
