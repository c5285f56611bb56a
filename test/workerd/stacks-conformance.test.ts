import { env } from "cloudflare:workers";
import { describe, expect, it } from "#test";
import { durableObjectStore } from "../../src/adapters/durable-object.ts";
import { workersKVStore } from "../../src/adapters/workers-kv.ts";
import { conformance } from "../../src/conformance/index.ts";
import { stackOfFive } from "../support/stacks.mjs";
import { objects } from "./objects.ts";

const { KV } = env as { KV: KVNamespace };
const runner = { describe, it, expect };

conformance(runner, "a stack of five over Workers KV", () => stackOfFive(workersKVStore(KV)), {
  capabilities: ["listKeys"],
});

conformance(
  runner,
  "a stack of five over Durable Objects",
  () => stackOfFive(durableObjectStore(objects("a stack of five"), { shards: 4 })),
  { capabilities: ["listKeys", "cull", "swap"], ordered: true },
);
