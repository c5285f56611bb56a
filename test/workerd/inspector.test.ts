import { env } from "cloudflare:workers";
import { d1Store } from "../../src/adapters/d1.ts";
import { durableObjectStore } from "../../src/adapters/durable-object.ts";
import { workersKVStore } from "../../src/adapters/workers-kv.ts";
import { inspects } from "../support/inspected-stores.ts";
import { objects } from "./objects.ts";

const { KV, DB } = env as { KV: KVNamespace; DB: D1Database };
let stores = 0;

inspects("Durable Objects", () => durableObjectStore(objects(`inspected ${stores++}`), { shards: 2 }));
inspects("Workers KV", () => workersKVStore(KV, { keyPrefix: `inspected ${stores++}` }), { longestName: 500 });
inspects("D1", async () => {
  const store = d1Store(DB);
  await store.destroy();
  return store;
});
