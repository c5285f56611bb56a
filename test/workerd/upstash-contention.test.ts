/** What many callers of one key cost on Upstash, in HTTP requests. */
import { upstashStore } from "../../src/adapters/upstash.ts";
import { operationsAreOneCall, updatesSucceed, type WithBackend } from "../support/contention.ts";
import { seeds } from "../support/histories.ts";
import { describeWithRedis, openDatabase } from "../support/upstash.ts";

const upstash: WithBackend = async (work) => {
  const db = await openDatabase();
  const client = db.client();
  await work({ store: () => upstashStore(client), calls: async () => (await db.requests()).length });
};

describeWithRedis("upstashStore", () => {
  operationsAreOneCall("Upstash", upstash);
  // Thousands of requests through two processes: 400 callers take 6 seconds of a quiet machine, and over 30 of a busy one.
  updatesSucceed("Upstash", upstash, seeds(0) > 0 ? 400 : 150);
});
