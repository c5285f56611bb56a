import { env } from "cloudflare:workers";
import { describe, expect, it } from "#test";
import { durableObjectStore } from "../../src/adapters/durable-object.ts";
import { workersKVStore } from "../../src/adapters/workers-kv.ts";
import { conformance } from "../../src/conformance/index.ts";
import { everyCombination } from "../support/combinations.ts";
import { stackOfFive } from "../support/stacks.mjs";
import { objects } from "./objects.ts";

const { KV } = env as { KV: KVNamespace };
const runner = { describe, it, expect };

conformance(runner, "a stack of five over Workers KV", () => stackOfFive(workersKVStore(KV)), {
  capabilities: ["listKeys"],
});

// Otherwise `atomics-linearizability.test.ts` has this stack with Durable Objects, where it meets other callers and restarts.
if (everyCombination) {
  const namespace = objects("a stack of five");
  conformance(
    runner,
    "a stack of five over Durable Objects",
    () => stackOfFive(durableObjectStore(namespace, { shards: 4 })),
    { capabilities: ["listKeys", "cull", "swap"], ordered: true },
  );
}
