import { env } from "cloudflare:workers";
import { durableObjectStore } from "../src/adapters/durable-object.ts";
import type { KeyValueObject } from "../src/adapters/key-value-object.ts";
import { workersKVStore } from "../src/adapters/workers-kv.ts";
import { createApp } from "./app.ts";

declare global {
  namespace Cloudflare {
    interface Env {
      readonly SESSIONS: DurableObjectNamespace<KeyValueObject>;
      readonly CACHE: KVNamespace;
      readonly AUTH_SECRET: string;
      /** Optional: `npx wrangler secret put INSPECTOR_PASSWORD` opens `/inspect/sessions` and `/inspect/cache`. */
      readonly INSPECTOR_PASSWORD?: string;
    }
  }
}

export { KeyValueObject } from "../src/adapters/key-value-object.ts";

export default createApp({
  sessions: durableObjectStore(env.SESSIONS),
  secret: env.AUTH_SECRET,
  cache: workersKVStore(env.CACHE),
  inspectorPassword: env.INSPECTOR_PASSWORD,
});
