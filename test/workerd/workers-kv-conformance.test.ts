import { env } from "cloudflare:workers";
import { describe, expect, it } from "#test";
import { workersKVStore } from "../../src/adapters/workers-kv.ts";
import { conformance } from "../../src/conformance/index.ts";

const { KV } = env as { KV: KVNamespace };

// Listings are in the order of KV's names, which is not that of keys where a name had to be escaped or shortened.
conformance({ describe, it, expect }, "workersKVStore", () => workersKVStore(KV));
conformance({ describe, it, expect }, "workersKVStore with a keyPrefix", () =>
  workersKVStore(KV, { keyPrefix: "tenant: 1" }),
);
