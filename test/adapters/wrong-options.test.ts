/** What plain JavaScript may pass for an option that TypeScript would refuse. */
import { describe, expect, it } from "#test";
import { cacheAPIStore } from "../../src/adapters/cache-api.ts";
import { d1Store } from "../../src/adapters/d1.ts";
import { denoKVStore } from "../../src/adapters/deno-kv.ts";
import { durableObjectStore } from "../../src/adapters/durable-object.ts";
import { durableObjectStorageStore } from "../../src/adapters/durable-object-storage.ts";
import { dynamoDBStore } from "../../src/adapters/dynamodb.ts";
import { indexedDBStore } from "../../src/adapters/indexed-db.ts";
import { keyvStore } from "../../src/adapters/keyv.ts";
import { libsqlStore } from "../../src/adapters/libsql.ts";
import { postgresStore } from "../../src/adapters/postgres.ts";
import { r2Store } from "../../src/adapters/r2.ts";
import { redisStore } from "../../src/adapters/redis.ts";
import { sqliteStore } from "../../src/adapters/sqlite.ts";
import { unstorageStore } from "../../src/adapters/unstorage.ts";
import { upstashStore } from "../../src/adapters/upstash.ts";
import { webStorageStore } from "../../src/adapters/web-storage.ts";
import { workersKVStore } from "../../src/adapters/workers-kv.ts";
import { workersKVRestStore } from "../../src/adapters/workers-kv-rest.ts";
import { memoryStore } from "../../src/index.ts";
import { serialized } from "../../src/views/serialized.ts";

const call = () => {};

type Make = (options: object) => unknown;

/** A client that has the methods by which an adapter knows it. Nothing is called. */
const made: Readonly<Record<string, Make>> = {
  cacheAPIStore: (options) => cacheAPIStore({ match: call, put: call, delete: call } as never, options),
  d1Store: (options) => d1Store({ withSession: call } as never, options),
  denoKVStore: (options) => denoKVStore({ getMany: call, atomic: call } as never, options),
  durableObjectStore: (options) => durableObjectStore({ idFromName: call } as never, options),
  durableObjectStorageStore: (options) => durableObjectStorageStore({ transactionSync: call } as never, options),
  dynamoDBStore: (options) =>
    dynamoDBStore({ sign: call } as never, { table: "t", region: "eu-central-1", ...options }),
  indexedDBStore: (options) => indexedDBStore("name", options),
  keyvStore: (options) => keyvStore({ get: call, set: call, delete: call }, options),
  libsqlStore: (options) => libsqlStore({ batch: call, execute: call } as never, options),
  postgresStore: (options) => postgresStore({ query: call } as never, options),
  r2Store: (options) => r2Store({ head: call, list: call } as never, options),
  redisStore: (options) => redisStore({ sendCommand: call } as never, options),
  serialized: (options) => serialized(memoryStore(), { serialize: call, deserialize: call } as never, options),
  sqliteStore: (options) => sqliteStore({ prepare: call } as never, options),
  unstorageStore: (options) =>
    unstorageStore({ getItem: call, setItem: call, removeItem: call, getKeys: call } as never, options),
  upstashStore: (options) => upstashStore({ exec: call } as never, options),
  webStorageStore: (options) => webStorageStore({ setItem: call } as never, options),
  workersKVStore: (options) => workersKVStore({ getWithMetadata: call } as never, options),
  workersKVRestStore: (options) =>
    workersKVRestStore({ accountId: "a", namespaceId: "n", apiToken: "t", ...options } as never),
};

/** What is thrown by making a store, with the name of the adapter. */
function refusal(name: string, options: object): string {
  try {
    made[name]?.(options);
    return `${name} takes it`;
  } catch (error) {
    return `${name}: ${error}`;
  }
}

describe("a store is not made with", () => {
  it("an onCorrupt of another kind", () => {
    for (const name of Object.keys(made)) {
      const message = 'onCorrupt must be "throw" or "miss"; got a string';
      expect(refusal(name, { onCorrupt: "ignore" })).toBe(`${name}: TypeError: ${message}`);
    }
  });

  it("a consistency of another kind", () => {
    const choosing = [
      "d1Store",
      "denoKVStore",
      "dynamoDBStore",
      "keyvStore",
      "redisStore",
      "unstorageStore",
      "upstashStore",
    ];
    for (const name of choosing) {
      const message = 'consistency must be "strong" or "eventual"; got a string';
      expect(refusal(name, { consistency: "Strong" })).toBe(`${name}: TypeError: ${message}`);
    }
  });
});
