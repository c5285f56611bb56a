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

// Listings are in the order of KV's names, which is not that of keys where a name had to be escaped or shortened.
conformance(runner, "workersKVStore", () => workersKVStore(KV));

if (everyCombination) {
  // Otherwise the store over the REST API, which makes the same names, has a prefix.
  conformance(runner, "workersKVStore with a keyPrefix", () => workersKVStore(KV, { keyPrefix: "tenant: 1" }));

  // Otherwise `test/interop/kv-namespace.test.ts` has this stack over a namespace in memory, which `kv-namespace.test.ts` here
  // holds to this one, with the same limits.
  conformance(runner, "a stack of five over Workers KV", () => stackOfFive(workersKVStore(KV)), {
    capabilities: ["listKeys"],
  });

  // Otherwise `atomics-linearizability.test.ts` has this stack, where it meets other callers and restarts.
  const namespace = objects("a stack of five");
  conformance(
    runner,
    "a stack of five over Durable Objects",
    () => stackOfFive(durableObjectStore(namespace, { shards: 4 })),
    { capabilities: ["listKeys", "cull", "swap"], ordered: true },
  );
}
