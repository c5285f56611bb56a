// `node bench/sql.mjs`: compares sqliteStore with the prepared statements that it runs. It also runs on Bun and Deno.
//
// It measures CPU time, which other programs affect little. Candidates take turns in short rounds, and each ratio is the median
// over the rounds of its ratio to the first candidate in the same round.
//
//   node bench/sql.mjs [--rounds 100] [--filter get]
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { sqliteStore } from "../src/adapters/sqlite.ts";
import { cpuTime, median } from "./support.mjs";

const { values: options } = parseArgs({
  options: { rounds: { type: "string", default: "100" }, filter: { type: "string", default: "" } },
});
const ROUNDS = Number(options.rounds);
/** Operations of one candidate in one round. */
const TURN = 500;

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
const keys = Array.from({ length: 1000 }, (_, i) => `user:${i}`);
const hundred = keys.slice(0, 100);

const folder = mkdtempSync(join(tmpdir(), "edge-key-value-bench-"));
const module = "Bun" in globalThis ? "bun:sqlite" : "node:sqlite";
const { Database, DatabaseSync } = await import(module);
const database = new (Database ?? DatabaseSync)(join(folder, "bench.db"));
database.exec("PRAGMA journal_mode = WAL");
database.exec("PRAGMA synchronous = NORMAL");
const store = sqliteStore(database);
await store.putMany(keys.map((key) => [key, session]));

const place = store.defaultCollection;
const select = database.prepare("SELECT value FROM edge_key_value WHERE collection = ? AND key = ?");
const upsert = database.prepare(`INSERT INTO edge_key_value (collection, key, expires_at, created_at, version, value)
  VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (collection, key) DO UPDATE SET expires_at = excluded.expires_at,
  created_at = excluded.created_at, version = excluded.version, value = excluded.value`);
const raw = {
  async get(key) {
    const row = select.get(place, key);
    return row ? JSON.parse(row.value) : null;
  },
  async put(key, value) {
    upsert.run(place, key, null, Date.now(), crypto.randomUUID(), JSON.stringify(value));
  },
};
if (JSON.stringify(await raw.get(keys[7])) !== JSON.stringify(await store.get(keys[7]))) throw new Error("they differ");

try {
  await table("get of a session of about 200 bytes (aim: 2.00)", [
    ["prepared statement", (i) => raw.get(keys[i % 1000])],
    ["sqliteStore", (i) => store.get(keys[i % 1000])],
  ]);
  await table("get of a missing key", [
    ["prepared statement", () => raw.get("missing")],
    ["sqliteStore", () => store.get("missing")],
  ]);
  await table("put of a session", [
    ["prepared statement", (i) => raw.put(keys[i % 1000], session)],
    ["sqliteStore", (i) => store.put(keys[i % 1000], session)],
  ]);
  await table(
    "100 sessions",
    [
      ["prepared statement", async () => hundred.map((key) => JSON.parse(select.get(place, key).value))],
      ["getMany", () => store.getMany(hundred)],
    ],
    5,
  );
  await table("atomic operations, beside a put", [
    ["put", () => store.put("n", 1)],
    ["increment", () => store.increment("counter")],
    ["putIfAbsent", () => store.putIfAbsent("n", 1)],
    ["take", () => store.take("missing")],
    ["update", () => store.update("n", (value) => value)],
  ]);
} finally {
  database.close();
  rmSync(folder, { recursive: true });
}

/** Measures the candidates in turns and prints their medians. The first one is the baseline. */
async function table(title, candidates, turn = TURN) {
  if (!title.includes(options.filter)) return;
  const times = candidates.map(() => []);
  const warmUp = Math.ceil(ROUNDS / 5);
  for (let round = -warmUp; round < ROUNDS; round++) {
    for (let i = 0; i < candidates.length; i++) {
      // Another candidate starts each round, so none always follows the one that leaves the most garbage.
      const at = (i + round + warmUp) % candidates.length;
      const used = await cpuTime(async () => {
        for (let n = 0; n < turn; n++) await candidates[at][1](n);
      });
      if (round >= 0) times[at].push(used / turn);
    }
  }
  console.log(`\n${title}`);
  console.log(`${"".padEnd(20)}${"µs/op".padStart(9)}${"ratio".padStart(9)}`);
  for (const [at, [name]] of candidates.entries()) {
    const ratio = median(times[at].map((time, round) => time / times[0][round]));
    console.log(`${name.padEnd(20)}${median(times[at]).toFixed(2).padStart(9)}${ratio.toFixed(2).padStart(9)}`);
  }
}
