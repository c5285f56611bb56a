/** That the real clients fit what `dynamoDBStore` asks for. Checked by the compiler, never run. */
import { DynamoDB, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { AwsClient } from "aws4fetch";
import { type DynamoDBSigner, dynamoDBStore } from "../../src/adapters/dynamodb.ts";
import type { CapabilitiesOf, Capability } from "../../src/index.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only for `true`. */
function proves<_Claim extends true>(): void {}

const credentials = { accessKeyId: "id", secretAccessKey: "secret" };

export function clients(options: { readonly table: string }) {
  const store = dynamoDBStore(new AwsClient(credentials), { ...options, region: "eu-central-1" });
  proves<Equal<CapabilitiesOf<typeof store>, Capability>>();
  const signer: DynamoDBSigner = { sign: async (url, init) => await new AwsClient(credentials).sign(url, init) };
  dynamoDBStore(signer, { ...options, fetch });
  dynamoDBStore(new DynamoDB({}), options).increment("a");
  // @ts-expect-error: it only takes commands, which are classes of the SDK
  dynamoDBStore(new DynamoDBClient({}), options);
  // @ts-expect-error: a table is needed
  dynamoDBStore(new DynamoDB({}), {});
  // @ts-expect-error: no such consistency
  dynamoDBStore(new DynamoDB({}), { ...options, consistency: "weak" });
}
