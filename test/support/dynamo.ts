/** Tables of the simulator of DynamoDB, for tests in every runtime. */
import { AwsClient } from "aws4fetch";
import { type DynamoDBFetch, type DynamoDBStoreOptions, dynamoDBStore } from "../../src/adapters/dynamodb.ts";

import { onWorkers } from "./runtime.ts";

type Variables = Record<string, string | undefined>;

const { EKV_DYNAMODB_URL = "" } = await variables();

/** Of whoever started the tests; a file that is run by hand on Node, Deno or Bun starts a simulator for itself. */
async function variables(): Promise<Variables> {
  const given = (globalThis as { process?: { env: Variables } }).process?.env ?? {};
  if (given.EKV_DYNAMODB_URL || onWorkers) return given;
  const file = "./dynamo-server.mjs";
  return (await import(/* @vite-ignore */ file)).startDynamo().then(({ env }: { env: Variables }) => env);
}

export const REGION = "eu-central-1";
export const signer = () => new AwsClient({ accessKeyId: "id", secretAccessKey: "secret-key", sessionToken: "token" });

/** An address of its own that replies to the first request and then breaks connections; and how many requests came there. */
export function breakingEndpoint(): { readonly endpoint: string; received(): Promise<number> } {
  const endpoint = `${EKV_DYNAMODB_URL}/breaking/${crypto.randomUUID()}`;
  return { endpoint, received: async () => (await fetch(endpoint)).json() as Promise<number> };
}

/** A table of its own. */
export interface DynamoTable {
  readonly name: string;
  readonly endpoint: string;
  /** Sends a request by itself, apart from the counts and faults of the store under test. */
  call(action: string, input: object): Promise<Record<string, unknown>>;
  /** The item under a key, as DynamoDB has it. */
  item(collection: string, key: string): Promise<unknown>;
  /** The requests that stores have made since the last time: the action, and how many items it is for. */
  requests(): string[];
  /** Decides what happens to each request. Default: it is sent. */
  fault: (action: string, send: () => Promise<Response>, body: string) => Promise<Response>;
  readonly store: (options?: Partial<DynamoDBStoreOptions>) => ReturnType<typeof dynamoDBStore>;
}

/** Creates a table. */
export async function openTable(): Promise<DynamoTable> {
  const name = `table-${crypto.randomUUID()}`;
  let noted: string[] = [];

  async function call(action: string, input: object): Promise<Record<string, unknown>> {
    const headers = { "content-type": "application/x-amz-json-1.0", "x-amz-target": `DynamoDB_20120810.${action}` };
    const body = JSON.stringify({ TableName: name, ...input });
    const request = await signer().sign(EKV_DYNAMODB_URL, {
      method: "POST",
      headers,
      body,
      aws: { service: "dynamodb", region: REGION },
    });
    const response = await fetch(request);
    const reply = (await response.json()) as Record<string, unknown>;
    if (!response.ok) throw new Error(JSON.stringify(reply));
    return reply;
  }

  const send: DynamoDBFetch = async (request) => {
    const action = request.headers.get("x-amz-target")?.split(".")[1] ?? "";
    const body = await request.clone().text();
    noted.push(action);
    return table.fault(action, () => fetch(request), body);
  };

  await call("CreateTable", {
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: ["collection", "key"].map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
    KeySchema: [
      { AttributeName: "collection", KeyType: "HASH" },
      { AttributeName: "key", KeyType: "RANGE" },
    ],
  });
  while (((await call("DescribeTable", {})).Table as { TableStatus: string }).TableStatus !== "ACTIVE");

  const table: DynamoTable = {
    name,
    endpoint: EKV_DYNAMODB_URL,
    call,
    item: async (collection, key) =>
      (await call("GetItem", { Key: { collection: { S: collection }, key: { S: key } } })).Item,
    requests() {
      const all = noted;
      noted = [];
      return all;
    },
    fault: (_, send) => send(),
    store: (options) =>
      dynamoDBStore(signer(), { table: name, region: REGION, endpoint: EKV_DYNAMODB_URL, fetch: send, ...options }),
  };
  return table;
}
