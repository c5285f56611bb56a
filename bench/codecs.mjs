// `npm run bench:codecs`: what `encrypt` costs beside bare WebCrypto, with values of 1 kB and of 1 MB.
//
// The baseline encrypts and decrypts the JSON of a value with AES-GCM and keeps the bytes. `encrypt` also turns them into
// base64, because backends hold JSON. It counts the time of the processor.
//
//   node bench/codecs.mjs [--rounds 30]
import { parseArgs } from "node:util";
import { createStore } from "../src/index.ts";
import { encrypt } from "../src/wrappers/encrypt.ts";
import { cpuTime, median, quartiles } from "./support.mjs";

const { values: options } = parseArgs({ options: { rounds: { type: "string", default: "30" } } });
const ROUNDS = Number(options.rounds);

const secret = crypto.getRandomValues(new Uint8Array(32));
const key = await crypto.subtle.importKey("raw", secret, "AES-GCM", false, ["encrypt", "decrypt"]);

const kept = new Map();
const bare = {
  async put(name, value) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const plain = new TextEncoder().encode(JSON.stringify(value));
    kept.set(name, { iv, sealed: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, plain) });
  },
  async get(name) {
    const { iv, sealed } = kept.get(name);
    return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, sealed)));
  },
};

const entries = new Map();
/** The least that a backend can be: it copies nothing, so what is left is the cost of `encrypt` and of the store. */
const backend = createStore({
  name: "map",
  consistency: "strong",
  read: (_, keys) => keys.map((name) => entries.get(name)),
  write(_, items) {
    for (const [name, entry] of items) entries.set(name, entry);
  },
  remove: (_, keys) => keys.filter((name) => entries.delete(name)).length,
});
const store = encrypt(backend, { keys: [{ id: "1", key: secret }] });

for (const [size, bytes, turn] of [
  ["1 kB", 1000, 200],
  ["1 MB", 1_000_000, 3],
]) {
  const value = { text: "x".repeat(bytes - 11) };
  for (const operation of ["put", "get"]) {
    const ratios = [];
    const times = [[], []];
    for (let round = -5; round < ROUNDS; round++) {
      const used = [];
      for (const { put, get } of [bare, store]) {
        const time = await cpuTime(async () => {
          for (let i = 0; i < turn; i++) await (operation === "put" ? put("k", value) : get("k"));
        });
        used.push(time / turn);
      }
      if (round < 0) continue;
      ratios.push(used[1] / used[0]);
      for (const at of [0, 1]) times[at].push(used[at]);
    }
    const [low, middle, high] = quartiles(ratios).map((ratio) => ratio.toFixed(2));
    const [bareTime, ownTime] = times.map((list) => median(list).toFixed(0).padStart(7));
    console.log(
      `${operation} of ${size}: bare ${bareTime} µs, encrypt ${ownTime} µs, ratio ${middle} (${low} to ${high})`,
    );
  }
}
