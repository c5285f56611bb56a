// Starts a simulator of DynamoDB for the process that forks this one, and ends with it.
import { startDynamo } from "../../test/support/dynamo-server.mjs";

process.on("disconnect", () => process.exit());
const { env } = await startDynamo();
process.send(env);
