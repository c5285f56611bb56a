import { describe, expect, it } from "#test";
import { upstashStore } from "../../src/adapters/upstash.ts";
import { conformance } from "../../src/conformance/index.ts";
import type { Capability } from "../../src/index.ts";
import { everyCombination } from "../support/combinations.ts";
import { describeWithRedis, openDatabase } from "../support/upstash.ts";

const runner = { describe, it, expect };

const listings: readonly Capability[] = ["listKeys", "listCollections", "destroyCollection", "swap"];

describeWithRedis("upstashStore", () => {
  conformance(
    runner,
    "over a client that parses replies, with a prefix",
    async () => upstashStore((await openDatabase()).client(), { keyPrefix: "app*[1]::" }),
    { capabilities: [...listings, "destroy"], ttlGranularity: 0.1 },
  );

  // Otherwise `upstash.test.ts` has both kinds of clients for all that depends on it, and no prefix.
  if (!everyCombination) return;
  conformance(
    runner,
    "over a client that does not parse replies",
    async () =>
      upstashStore((await openDatabase()).client({ automaticDeserialization: false, enableAutoPipelining: false })),
    { capabilities: listings, ttlGranularity: 0.1 },
  );
});
