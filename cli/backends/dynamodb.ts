import { AwsClient } from "aws4fetch";
import { dynamoDBStore } from "../../src/adapters/dynamodb.ts";
import { toDriver } from "../../src/index.ts";
import { UsageError } from "../usage-error.ts";
import { type Backend, withoutSecrets } from "./backend.ts";

/** A DynamoDB table, with the region in the address or the environment, and the credentials in the environment. */
export function openDynamoDB(url: URL, option: string): Backend {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  const region = url.searchParams.get("region") || AWS_REGION || AWS_DEFAULT_REGION;
  if (url.host === "" || !region)
    throw new UsageError(`${option} needs a table and a region: dynamodb://table?region=…`);
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) {
    throw new UsageError(`${option} needs credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`);
  }
  const client = new AwsClient({
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
  });
  const endpoint = url.searchParams.get("endpoint") ?? undefined;
  const store = dynamoDBStore(client, { table: url.host, region, endpoint });
  return { label: withoutSecrets(url), driver: toDriver(store), close: async () => {} };
}
