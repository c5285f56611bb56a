// Run by `node --test`, to see that the suite fits it.
import { describe, it } from "node:test";
import { expect } from "expect";
import { conformance } from "../../src/conformance/index.ts";
import { memoryStore } from "../../src/index.ts";

conformance({ describe, it, expect }, "memoryStore on node:test", () => memoryStore(), { timeout: 5000 });
