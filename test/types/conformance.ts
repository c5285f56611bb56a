// The suite takes these runners as they are.
import * as nodeTest from "node:test";
import { expect } from "expect";
import * as vitest from "vitest";
import { type ConformanceOptions, conformance } from "../../src/conformance/index.ts";
import { type AsyncKeyValue, memoryStore } from "../../src/index.ts";

export function fits(): void {
  conformance(vitest, "vitest", () => memoryStore());
  conformance({ ...nodeTest, expect }, "node:test with the package expect", async () => memoryStore());
  conformance(vitest, "a store that is only known as one", () => memoryStore() as AsyncKeyValue, {
    capabilities: ["listKeys"],
    except: { "a TTL of centuries is kept": "its clock ends in 2038" },
  });

  // @ts-expect-error: a runner has to have `it`
  conformance({ describe: vitest.describe, expect }, "no runner", () => memoryStore());
  // @ts-expect-error: not a store
  conformance(vitest, "no store", () => new Map());
  // @ts-expect-error: not a capability
  const options: ConformanceOptions = { capabilities: ["keys"] };
  conformance(vitest, "wrong options", () => memoryStore(), options);
}
