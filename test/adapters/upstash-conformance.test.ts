import { describe, expect, it } from "#test";
import { upstashStore } from "../../src/adapters/upstash.ts";
import { conformance } from "../../src/conformance/index.ts";
import { onNode } from "../support/runtime.ts";
import { describeWithRedis, openDatabase } from "../support/upstash.ts";

const runner = { describe, it, expect };

describeWithRedis("upstashStore", () => {
  conformance(runner, "over a client that parses replies", async () => upstashStore((await openDatabase()).client()), {
    capabilities: ["listKeys", "listCollections", "destroyCollection", "swap"],
    ttlGranularity: 0.1,
  });

  // The client is the same code on every runtime, so one is enough for its other way to answer.
  if (!onNode) return;
  conformance(
    runner,
    "over a client that does not parse replies, with a prefix",
    async () => {
      const redis = (await openDatabase()).client({ automaticDeserialization: false, enableAutoPipelining: false });
      return upstashStore(redis, { keyPrefix: "app*[1]::" });
    },
    { capabilities: ["listKeys", "listCollections", "destroyCollection", "destroy", "swap"], ttlGranularity: 0.1 },
  );
});
