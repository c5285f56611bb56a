// The Worker that bench/durable-object.mjs runs in workerd: each request does one operation of one candidate many times.
import { DurableObject } from "cloudflare:workers";
import { durableObjectStore } from "../src/adapters/durable-object.ts";
import { durableObjectStorageStore } from "../src/adapters/durable-object-storage.ts";
import { objectDialect } from "../src/adapters/objects/layout.ts";
import { newId } from "../src/core/ids.ts";

export { KeyValueObject } from "../src/adapters/key-value-object.ts";

let visits = 1_000_000;
/** A session that differs from the one before: SQLite writes nothing where a row stays the same. */
const session = () => ({ ...SESSION, visits: visits++ });

const SESSION = {
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
const items = () => keys.map((key) => [key, session()]);
const texts = () => items().map(([key, value]) => [key, JSON.stringify(value)]);
const parsed = (text) => (text === undefined ? null : JSON.parse(text));

const CREATE =
  "CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, value TEXT NOT NULL, expires_at INTEGER) WITHOUT ROWID";
const LIVE = "(expires_at IS NULL OR expires_at > ?)";
const GET = `SELECT value FROM entries WHERE key = ? AND ${LIVE}`;
const PUT =
  "INSERT INTO entries VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at";
const INCREMENT = `INSERT INTO entries VALUES (?1, ?2, NULL) ON CONFLICT DO UPDATE SET
  value = CASE WHEN expires_at <= ?3 THEN ?2 ELSE value + ?2 END RETURNING value`;
const GET_MANY = `SELECT entries.key, entries.value FROM json_each(?) AS asked CROSS JOIN entries
  WHERE entries.key = asked.value AND ${LIVE}`;

/** What somebody would write by hand: JSON as text, a deadline, and no more. */
function byHand({ sql, transactionSync }, storage) {
  const get = (key) => sql.exec(GET, key, Date.now()).toArray()[0]?.value;
  const put = (key, text, ttl) => sql.exec(PUT, key, text, ttl === undefined ? null : Date.now() + ttl * 1000);
  return {
    create: () => sql.exec(CREATE),
    get,
    put,
    increment: (key, by) => Number(sql.exec(INCREMENT, key, String(by), Date.now()).toArray()[0].value),
    /** One statement for all keys. */
    getMany(keys) {
      const rows = sql.exec(GET_MANY, JSON.stringify(keys), Date.now()).toArray();
      const found = new Map(rows.map(({ key, value }) => [key, value]));
      return keys.map((key) => found.get(key));
    },
    /** One statement for each key. */
    getEach: (keys) => keys.map(get),
    putMany: (items) =>
      transactionSync.call(storage, () => {
        for (const [key, text] of items) put(key, text);
      }),
  };
}

export class HandWritten extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    this.sql = byHand(ctx.storage, ctx.storage);
    this.sql.create();
  }
  get(key) {
    return this.sql.get(key);
  }
  put(key, text, ttl) {
    this.sql.put(key, text, ttl);
  }
  increment(key, by) {
    return this.sql.increment(key, by);
  }
  getMany(keys) {
    return this.sql.getMany(keys);
  }
  putMany(items) {
    this.sql.putMany(items);
  }
}

/** The candidates inside of an object. */
export class Inside extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    const sql = byHand(ctx.storage, ctx.storage);
    sql.create();
    const store = durableObjectStorageStore(ctx.storage);
    this.candidates = candidates(store, {
      get: async (i) => parsed(sql.get(at(i))),
      put: async (i) => void sql.put(at(i), JSON.stringify(session())),
      increment: async () => sql.increment("n", 1),
      getMany: async () => sql.getMany(keys).map(parsed),
      putMany: async () => sql.putMany(texts()),
    });
    this.candidates.put["raw SQL, the store's row"] = async (i) => {
      const row = { key: at(i), life: null, created: Date.now(), value: JSON.stringify(session()) };
      const { text, args } = objectDialect.write("default_collection", row, newId(), row.created);
      ctx.storage.sql.exec(text, ...args).toArray();
    };
    this.candidates["getMany of 100"]["raw SQL, key by key"] = async () => sql.getEach(keys).map(parsed);
  }
  run(operation, name, count) {
    return repeat(this.candidates[operation][name], count);
  }
}

function candidates(store, raw, baseline = "raw SQL", own = "durableObjectStorageStore") {
  const row = (byHand, call) => ({ [baseline]: byHand, [own]: call });
  return {
    get: row(raw.get, (i) => store.get(at(i))),
    put: row(raw.put, (i) => store.put(at(i), session())),
    increment: row(raw.increment, () => store.increment("n")),
    "getMany of 100": row(raw.getMany, () => store.getMany(keys)),
    "putMany of 100": row(raw.putMany, () => store.putMany(items())),
  };
}

async function repeat(call, count) {
  let last;
  for (let i = 0; i < count; i++) last = await call(i);
  return last;
}

/** The candidates outside of their objects. */
function overRpc(env) {
  const stub = env.HAND.get(env.HAND.idFromName("hand"));
  const raw = {
    get: async (i) => parsed(await stub.get(at(i))),
    put: (i) => stub.put(at(i), JSON.stringify(session())),
    increment: () => stub.increment("n", 1),
    getMany: async () => (await stub.getMany(keys)).map(parsed),
    putMany: () => stub.putMany(texts()),
  };
  return candidates(durableObjectStore(env.STORE), raw, "object by hand", "durableObjectStore");
}

export default {
  async fetch(request, env) {
    const { where, operation, name, count } = await request.json();
    const inside = env.INSIDE.get(env.INSIDE.idFromName("inside"));
    const last =
      where === "inside"
        ? await inside.run(operation, name, count)
        : await repeat(overRpc(env)[operation][name], count);
    return Response.json(last ?? null);
  },
};
