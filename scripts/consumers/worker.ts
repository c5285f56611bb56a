// A Worker with both kinds of storage. Wrangler builds it, and serves the result.
import { durableObjectStore } from "edge-key-value/adapters/durable-object";
import type { KeyValueObject } from "edge-key-value/adapters/key-value-object";
import { workersKVStore } from "edge-key-value/adapters/workers-kv";
import { prefixKeys } from "edge-key-value/wrappers/prefix-keys";

export { KeyValueObject } from "edge-key-value/adapters/key-value-object";

interface Env {
  readonly KV: KVNamespace;
  readonly STORE: DurableObjectNamespace<KeyValueObject>;
}

export default {
  async fetch(_request: Request, env: Env): Promise<Response> {
    const counters = durableObjectStore(env.STORE);
    const pages = prefixKeys(workersKVStore(env.KV), "pages");
    await pages.put("home", { visits: await counters.increment("visits", 1) });
    return Response.json([await pages.get("home"), await env.KV.list().then(({ keys }) => keys.length)]);
  },
};
