import { conformance } from "../src/conformance/index.ts";
import { memoryStore } from "../src/index.ts";
import { describe, expect, it } from "#test";

const capabilities = ["listKeys", "listCollections", "destroyCollection", "destroy", "cull", "swap"] as const;

conformance({ describe, it, expect }, "memoryStore", memoryStore, { capabilities, ordered: true });

conformance({ describe, it, expect }, "memoryStore with maxEntries", () => memoryStore({ maxEntries: 10_000 }), {
  capabilities,
  ordered: true,
});

const shared = memoryStore();
conformance({ describe, it, expect }, "memoryStore, one for all tests", async () => shared, {
  capabilities,
  ordered: true,
});
