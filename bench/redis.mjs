// `npm run bench:redis`: what redisStore costs beside the bare client, beside unstorage and beside Keyv.
//
// It starts a redis-server of its own. The numbers that count are ratios: all candidates of a table take turns in short
// rounds, so that whatever else the machine does falls on all of them, and each ratio is the median over the rounds of its
// ratio to the baseline in the same round. The baseline is the bare client that the candidate uses.
//
//   npm run bench:redis                         all
//   npm run bench:redis -- --rounds 400         steadier numbers
//   npm run bench:redis -- --filter getMany     only the tables whose title contains the word
//   npx bun bench/redis.mjs                     on Bun, also with its own client
import { createHash } from "node:crypto";
import { parseArgs } from "node:util";
import KeyvRedis from "@keyv/redis";
import { createClient } from "@redis/client";
import { Redis } from "ioredis";
import Keyv from "keyv";
import { createStorage } from "unstorage";
import redisDriver from "unstorage/drivers/redis";
import { OPERATION_SCRIPTS } from "../src/adapters/redis/operation-scripts.ts";
import { receipted } from "../src/adapters/redis/receipts.ts";
import { WRITE } from "../src/adapters/redis/scripts.ts";
import { encodeRest, encodeTail } from "../src/adapters/redis/wire.ts";
import { redisStore } from "../src/adapters/redis.ts";
import { startRedis, withoutRedis } from "../test/support/redis-tcp.ts";
import { median } from "./support.mjs";

const { values: options } = parseArgs({
  options: { rounds: { type: "string", default: "150" }, filter: { type: "string", default: "" } },
});
const ROUNDS = Number(options.rounds);
if (withoutRedis) throw new Error(withoutRedis);

const server = await startRedis();
const client = await createClient({ url: server.url(0) }).connect();
const ioredis = new Redis(server.url(0));
const bun = globalThis.Bun && new globalThis.Bun.RedisClient(server.url(0));
const onBun = bun && redisStore(bun, { keyPrefix: "bun" });
const unstorageClient = redisDriver({ url: server.url(0), base: "unstorage" });
const store = redisStore(client, { keyPrefix: "store" });
const resending = redisStore(ioredis, { keyPrefix: "ioredis" });
const keyv = new Keyv({ store: new KeyvRedis(server.url(0)), namespace: "keyv" });
const unstorage = createStorage({ driver: unstorageClient });

const session = {
  id: "u_8f3a1c2b",
  name: "Alice Example",
  email: "alice@example.com",
  roles: ["admin", "editor"],
  createdAt: 1789000000000,
  active: true,
  prefs: { theme: "dark", locale: "en-GB" },
  csrf: "d41d8cd98f00b204e9800998ecf8427e",
};
const keys = Array.from({ length: 100 }, (_, i) => `user:${i}`);
const at = (i) => keys[i % 100];
const text = () => JSON.stringify(session);
const parsed = (reply) => (reply === null ? null : JSON.parse(reply));
const both = (send) => (count) => Promise.all(Array.from({ length: count }, (_, i) => send(i)));
const INCREMENT = "return redis.call('INCR', KEYS[1])";

/** Sends the script of a store by the bare client: what is left of the ratio is the time of the store in this process. */
const scripts = { put: receipted(WRITE), increment: OPERATION_SCRIPTS.increment };
for (const script of Object.values(scripts)) await client.sendCommand(["SCRIPT", "LOAD", script]);
const digestOf = (script) => createHash("sha1").update(script).digest("hex");
const digests = { put: digestOf(scripts.put), increment: digestOf(scripts.increment) };
const id = "0f2d9f0e-5f3f-4a3e-9b8e-1c2d3e4f5a6b";
const tail = encodeTail("default_collection", "n");
let number = 0;
const putByScript = (i) => {
  const rest = encodeRest("default_collection", at(i), { value: session, createdAt: Date.now() }, `${id}-${i}`);
  const [name, hash] = [`script::default_collection::${at(i)}`, `script::edge-key-value:receipts:${id}`];
  const upkeep = ++number === 1 ? "create" : number % 20 === 0 ? "renew" : "";
  return ioredis.call("EVALSHA", [digests.put, "2", name, hash, rest, "", `${number}`, `${number}`, upkeep]);
};
const incrementByScript = (i) =>
  client.sendCommand(["EVALSHA", digests.increment, "1", "script::n", `${id}-${i}`, tail, "1", ""]);

await Promise.all(
  keys.flatMap((key) => [
    client.set(`raw:${key}`, text()),
    store.put(key, session),
    resending.put(key, session),
    unstorage.setItem(key, session),
    keyv.set(key, session),
    onBun?.put(key, session),
  ]),
);

/** Candidates that only Bun has. */
const ifBun = (candidates) => (bun ? candidates : {});

/** Each candidate does the same; a turn is so many calls. */
const get = {
  "node-redis": async (i) => parsed(await client.sendCommand(["GET", `raw:${at(i)}`])),
  redisStore: (i) => store.get(at(i)),
  "Keyv, node-redis": (i) => keyv.get(at(i)),
  ioredis: async (i) => parsed(await ioredis.call("GET", [`raw:${at(i)}`])),
  "redisStore, ioredis": (i) => resending.get(at(i)),
  "unstorage, ioredis": (i) => unstorage.getItem(at(i)),
  ...ifBun({ Bun: async (i) => parsed(await bun.get(`raw:${at(i)}`)), "redisStore, Bun": (i) => onBun.get(at(i)) }),
};
const put = {
  "node-redis": (i) => client.sendCommand(["SET", `raw:${at(i)}`, text()]),
  redisStore: (i) => store.put(at(i), session),
  "Keyv, node-redis": (i) => keyv.set(at(i), session),
  ioredis: (i) => ioredis.call("SET", [`raw:${at(i)}`, text()]),
  "redisStore, ioredis": (i) => resending.put(at(i), session),
  "the store's script, ioredis": putByScript,
  "unstorage, ioredis": (i) => unstorage.setItem(at(i), session),
  ...ifBun({ Bun: (i) => bun.set(`raw:${at(i)}`, text()), "redisStore, Bun": (i) => onBun.put(at(i), session) }),
};
const tables = {
  get: { calls: 20, candidates: get },
  "32 gets at once": { calls: 3, candidates: concurrent(get) },
  put: { calls: 20, candidates: put },
  "32 puts at once": { calls: 3, candidates: concurrent(put) },
  "put with a TTL": {
    calls: 20,
    candidates: {
      "node-redis": (i) => client.sendCommand(["SET", `raw:${at(i)}`, text(), "PX", "60000"]),
      redisStore: (i) => store.put(at(i), session, { ttl: 60 }),
      "Keyv, node-redis": (i) => keyv.set(at(i), session, 60_000),
      ioredis: (i) => ioredis.call("SET", [`raw:${at(i)}`, text(), "PX", "60000"]),
      "redisStore, ioredis": (i) => resending.put(at(i), session, { ttl: 60 }),
    },
  },
  "getMany of 100": {
    calls: 5,
    candidates: {
      "node-redis": async () => (await client.sendCommand(["MGET", ...keys.map((key) => `raw:${key}`)])).map(parsed),
      redisStore: () => store.getMany(keys),
      "Keyv, node-redis": () => keyv.getMany(keys),
      ioredis: async () => (await ioredis.call("MGET", ...keys.map((key) => `raw:${key}`))).map(parsed),
      "redisStore, ioredis": () => resending.getMany(keys),
      "unstorage, ioredis": () => unstorage.getItems(keys),
      ...ifBun({
        Bun: async () => (await bun.mget(...keys.map((key) => `raw:${key}`))).map(parsed),
        "redisStore, Bun": () => onBun.getMany(keys),
      }),
    },
  },
  increment: {
    calls: 20,
    candidates: {
      "node-redis, a script with one INCR": () => client.sendCommand(["EVAL", INCREMENT, "1", "raw:n"]),
      redisStore: () => store.increment("n"),
      "the store's script, node-redis": incrementByScript,
      "ioredis, a script with one INCR": () => ioredis.call("EVAL", INCREMENT, "1", "raw:n"),
      "redisStore, ioredis": () => resending.increment("n"),
      ...ifBun({
        "Bun, a script with one INCR": () => bun.send("EVAL", [INCREMENT, "1", "raw:n"]),
        "redisStore, Bun": () => onBun.increment("n"),
      }),
    },
  },
};

function concurrent(candidates) {
  return Object.fromEntries(
    Object.entries(candidates).map(([name, call]) => [name, (i) => both((n) => call(i + n))(32)]),
  );
}

for (const [title, { calls, candidates }] of Object.entries(tables)) {
  if (!title.includes(options.filter)) continue;
  const times = new Map(Object.keys(candidates).map((name) => [name, []]));
  // The first rounds let the engine compile, and do not count.
  for (let round = -20; round < ROUNDS; round++) {
    for (const [name, call] of Object.entries(candidates)) {
      const start = performance.now();
      for (let i = 0; i < calls; i++) await call(round * calls + i + 1_000_000);
      if (round >= 0) times.get(name).push(((performance.now() - start) * 1000) / calls);
    }
  }
  console.log(`\n${title}\n${"".padEnd(36)} median µs   ratio`);
  // The first of those that use the same client.
  const clientOf = (name) => /ioredis|Bun/.exec(name)?.[0];
  const baselineOf = (name) => [...times.keys()].find((other) => clientOf(other) === clientOf(name));
  for (const [name, own] of times) {
    const baseline = times.get(baselineOf(name));
    const ratio = median(own.map((time, i) => time / baseline[i]));
    console.log(`${name.padEnd(36)} ${median(own).toFixed(1).padStart(9)}   ${ratio.toFixed(2)}`);
  }
}

client.destroy();
ioredis.disconnect();
bun?.close();
await unstorage.dispose();
await keyv.disconnect();
await server.stop();
