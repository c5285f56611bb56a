import { env } from "cloudflare:workers";
import { describe, expect, it } from "#test";
import { workersKVStore } from "../../src/adapters/workers-kv.ts";
import { conformance } from "../../src/conformance/index.ts";
import { everyCombination } from "../support/combinations.ts";

const { KV } = env as { KV: KVNamespace };

// Listings are in the order of KV's names, which is not that of keys where a name had to be escaped or shortened.
conformance({ describe, it, expect }, "workersKVStore", () => workersKVStore(KV));
// Otherwise the store over the REST API, which makes the same names, has a prefix.
if (everyCombination)
  conformance({ describe, it, expect }, "workersKVStore with a keyPrefix", () =>
    workersKVStore(KV, { keyPrefix: "tenant: 1" }),
  );
