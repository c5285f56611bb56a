import keyvTestSuite, { keyvIteratorTests } from "@keyv/test-suite";
import Keyv5 from "keyv5";
import * as vitest from "vitest";
import { memoryStore } from "../../src/index.ts";
import { toKeyv5 } from "../../src/interop/keyv.ts";

// The suite that Keyv publishes for storage adapters, which is for Keyv 5.
vitest.describe("toKeyv5 in Keyv's own suite", () => {
  const memory = memoryStore();
  const store = () => toKeyv5(memory);
  keyvTestSuite(vitest, Keyv5 as never, store as never);
  keyvIteratorTests(vitest, Keyv5 as never, store as never);
});
