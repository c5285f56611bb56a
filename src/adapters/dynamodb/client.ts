/** An attribute as this library writes it: a string or a number. */
export type DynamoDBAttribute = { S: string } | { N: string };

/** What DynamoDB returns of an item. Other programs may have written it, so its parts can be anything. */
export type DynamoDBStored = Readonly<Record<string, unknown>>;

/** How a condition or a query is written. */
interface Expression {
  readonly TableName: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, DynamoDBAttribute>;
}

interface Conditional extends Expression {
  readonly ConditionExpression?: string;
  readonly ReturnValuesOnConditionCheckFailure?: "ALL_OLD";
}

/** The key of an item. */
export type ItemKey = Record<"collection" | "key", { S: string }>;

/** What {@link DynamoDBActions} takes. */
export interface DynamoDBInputs {
  readonly GetItem: { readonly TableName: string; readonly Key: ItemKey; readonly ConsistentRead: boolean };
  readonly PutItem: Conditional & { readonly Item: Record<string, DynamoDBAttribute> };
  readonly DeleteItem: Conditional & { readonly Key: ItemKey; readonly ReturnValues?: "ALL_OLD" };
  readonly BatchGetItem: {
    readonly RequestItems: Record<string, { readonly Keys: ItemKey[]; readonly ConsistentRead: boolean }>;
  };
  readonly BatchWriteItem: { readonly RequestItems: Record<string, DynamoDBWrite[]> };
  readonly Query: Listing & { readonly KeyConditionExpression: string };
  readonly Scan: Listing & { readonly FilterExpression?: string };
}

/** One write of a batch. */
export type DynamoDBWrite =
  | { readonly PutRequest: { readonly Item: Record<string, DynamoDBAttribute> } }
  | { readonly DeleteRequest: { readonly Key: ItemKey } };

interface Listing extends Expression {
  readonly ProjectionExpression: string;
  readonly ConsistentRead: boolean;
  readonly Limit: number;
  readonly ExclusiveStartKey?: ItemKey;
}

/**
 * What this adapter needs of the AWS SDK: the `DynamoDB` class of `@aws-sdk/client-dynamodb` fits. Its `maxAttempts` must be 1.
 */
export interface DynamoDBSdk {
  readonly config: { maxAttempts(): Promise<number> };
  getItem(input: DynamoDBInputs["GetItem"]): Promise<object>;
  putItem(input: DynamoDBInputs["PutItem"]): Promise<object>;
  deleteItem(input: DynamoDBInputs["DeleteItem"]): Promise<object>;
  batchGetItem(input: DynamoDBInputs["BatchGetItem"]): Promise<object>;
  batchWriteItem(input: DynamoDBInputs["BatchWriteItem"]): Promise<object>;
  query(input: DynamoDBInputs["Query"]): Promise<object>;
  scan(input: DynamoDBInputs["Scan"]): Promise<object>;
}

/** What a signer gets: the request, and what the signature is for. */
export interface DynamoDBSigning {
  method: string;
  headers: Record<string, string>;
  body: string;
  aws: { service: string; region: string };
}

/** What this adapter needs to sign requests: `AwsClient` of `aws4fetch` fits. */
export interface DynamoDBSigner {
  sign(url: string, init: DynamoDBSigning): Promise<Request>;
  /** The region to use where the store's options name none. */
  readonly region?: string | undefined;
}

/** Sends a signed request, as the global `fetch` does. */
export type DynamoDBFetch = (request: Request) => Promise<Response>;

/** What DynamoDB replies, as far as this adapter reads it. */
export interface Reply {
  readonly Item?: unknown;
  readonly Attributes?: unknown;
  readonly Items?: unknown;
  readonly LastEvaluatedKey?: unknown;
  readonly Responses?: unknown;
  readonly UnprocessedKeys?: unknown;
  readonly UnprocessedItems?: unknown;
  /** Set when the condition of a write did not hold and nothing was written: the item that is there, if DynamoDB sends it along. */
  readonly refused?: { readonly item: unknown };
}
