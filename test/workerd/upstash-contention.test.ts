/** What many callers of one key cost on Upstash, in HTTP requests. */
import { upstashStore } from "../../src/adapters/upstash.ts";
import { operationsAreOneCall, updatesSucceed, type WithBackend } from "../support/contention.ts";
import { describeWithRedis, openDatabase } from "../support/upstash.ts";

const upstash: WithBackend = async (work) => {
  const db = await openDatabase();
  const client = db.client();
  await work({ store: () => upstashStore(client), calls: async () => (await db.requests()).length });
};

describeWithRedis("upstashStore", () => {
  operationsAreOneCall("Upstash", upstash);
  updatesSucceed("Upstash", upstash);
});
