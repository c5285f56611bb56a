// The backends of the soak, each opened for itself. `close` must leave nothing behind.
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createLoad } from "./load.mjs";
import { openInWorker } from "./worker-host.mjs";

const OPENERS = {
  memory: async () => ({ store: (await import("../../src/index.ts")).memoryStore() }),

  async sqlite() {
    const { sqliteStore } = await import("../../src/adapters/sqlite.ts");
    const [path, remove] = file();
    const store = sqliteStore(path);
    return {
      store,
      async close() {
        await store[Symbol.asyncDispose]();
        remove();
      },
    };
  },

  async libsql() {
    const { libsqlStore } = await import("../../src/adapters/libsql.ts");
    const { createClient } = await import("@libsql/client");
    const [path, remove] = file();
    const client = createClient({ url: `file:${path}` });
    const close = () => {
      client.close();
      remove();
    };
    return { store: libsqlStore(client), close };
  },

  async redis() {
    const { redisStore } = await import("../../src/adapters/redis.ts");
    const { startRedis } = await import("../../test/support/redis-tcp.ts");
    const server = await startRedis();
    const store = redisStore(server.url(0));
    return {
      store,
      async close() {
        await store[Symbol.asyncDispose]();
        await server.stop();
      },
    };
  },

  async postgres() {
    const { postgresStore } = await import("../../src/adapters/postgres.ts");
    const { postgresPrograms, startPostgres } = await import("../../test/support/postgres.ts");
    if (!postgresPrograms) throw new Error("needs PostgreSQL: apt-get install postgresql");
    const { default: pg } = await import("pg");
    const server = await startPostgres(postgresPrograms);
    const at = { host: "127.0.0.1", port: server.port, user: "postgres", database: "postgres" };
    const pool = new pg.Pool({ ...at, max: 4 });
    return {
      store: postgresStore(pool),
      async close() {
        await pool.end();
        await server.remove();
      },
    };
  },

  /** A gateway in front of redis-server, as the tests have it. */
  async upstash() {
    const { upstashStore } = await import("../../src/adapters/upstash.ts");
    const { startGateway } = await import("../../test/support/redis-gateway.mjs");
    const { Redis } = await import("@upstash/redis");
    const gateway = await startGateway();
    if (!gateway.url) throw new Error(gateway.reason);
    const headers = { authorization: `Bearer ${gateway.token}` };
    const scope = await fetch(`${gateway.url}/scopes`, { method: "POST", headers });
    const { path } = await scope.json();
    const client = new Redis({ url: gateway.url + path, token: gateway.token, enableTelemetry: false });
    return { store: upstashStore(client), close: () => gateway.stop() };
  },

  /** A simulator, in a process of its own as a server has. */
  async dynamodb() {
    const server = fork(fileURLToPath(new URL("dynamo.mjs", import.meta.url)));
    const [env] = await once(server, "message");
    Object.assign(process.env, env);
    const { openTable } = await import("../../test/support/dynamo.ts");
    const table = await openTable();
    const close = async () => {
      server.disconnect();
      await once(server, "exit");
    };
    // The tests' own `fetch` remembers each request.
    return { store: table.store({ fetch: undefined }), close };
  },

  async "deno-kv"() {
    const { denoKVStore } = await import("../../src/adapters/deno-kv.ts");
    const { openKv } = await import("@deno/kv");
    const [path, remove] = file();
    const kv = await openKv(path);
    const close = () => {
      kv.close();
      remove();
    };
    return { store: denoKVStore(kv), close };
  },

  "durable-objects": () => openInWorker("durable-objects"),
  "workers-kv": () => openInWorker("workers-kv"),
  d1: () => openInWorker("d1"),
  r2: () => openInWorker("r2"),
};

export const names = Object.keys(OPENERS);

/**
 * Opens a store by name, or by `path#name` of an export that opens one, and returns its load and how to close it. Some loads
 * run in a Worker.
 */
export async function open(name, options) {
  const [path, exported] = name.split("#");
  const opener = exported ? (await import(pathToFileURL(path).href))[exported] : OPENERS[name];
  if (!opener) throw new Error(`There is no store "${name}": choose among ${names.join(", ")}`);
  const { store, load = createLoad(store, options), close = () => {} } = await opener();
  return { load, close };
}

/** A path in a new folder, and a function that removes the folder. */
function file() {
  const folder = mkdtempSync(join(tmpdir(), "edge-key-value-soak-"));
  return [join(folder, "data.db"), () => rmSync(folder, { recursive: true, force: true })];
}
