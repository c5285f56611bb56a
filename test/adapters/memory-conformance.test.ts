import { afterAll, beforeAll, describe, expect, it } from "#test";
import { conformance } from "../../src/conformance/index.ts";
import { memoryStore } from "../../src/index.ts";

const capabilities = ["listKeys", "listCollections", "destroyCollection", "destroy", "cull", "swap"] as const;
const options = { capabilities, ordered: true };

conformance({ describe, it, expect }, "memoryStore", memoryStore, options);

// The others wait on a clock that the suite moves.
const real = Date.now;
let passed = 0;
beforeAll(() => {
  Date.now = () => Math.floor(real() + passed);
});
afterAll(() => {
  Date.now = real;
});
const wait = (seconds: number): void => {
  passed += seconds * 1000;
};

conformance({ describe, it, expect }, "memoryStore with maxEntries", () => memoryStore({ maxEntries: 10_000 }), {
  ...options,
  wait,
});

const shared = memoryStore();
conformance({ describe, it, expect }, "memoryStore, one for all tests", async () => shared, { ...options, wait });

const other = memoryStore({ defaultCollection: "mine" });
conformance({ describe, it, expect }, "memoryStore with a default collection", () => other, { ...options, wait });
