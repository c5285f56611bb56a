import { type ErrorCode, type ErrorDetails, KeyValueError } from "../../core/errors.ts";

/** The name of the driver. */
export const NAME = "dynamodb";

/** What DynamoDB, or a client, says about a failure. */
export interface Problem {
  readonly name: string;
  readonly message: string;
  /** The HTTP status, if there is one. */
  readonly status?: number | undefined;
}

/**
 * The meaning of a failure, by how its name and message start.
 *
 * Names: docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html.
 */
const MEANINGS: readonly (readonly [pattern: RegExp, code: ErrorCode, message: string])[] = [
  [
    /^(ProvisionedThroughputExceeded|Throttling|RequestLimitExceeded|TooManyRequests)/,
    "rate_limited",
    "the table, or the partition of the collection, takes no more requests for the moment",
  ],
  [
    /^(TransactionConflict|TransactionInProgress|ReplicatedWriteConflict)/,
    "unavailable",
    "a transaction or a write in another region holds the item",
  ],
  [/^ItemCollectionSizeLimitExceeded|^LimitExceeded/, "full", "DynamoDB has reached a limit of the table"],
  [/^AccessDenied/, "unauthorized", "the credentials do not allow this request"],
  [
    /^(UnrecognizedClient|InvalidSignature|IncompleteSignature|MissingAuthentication|ExpiredToken|InvalidClientTokenId|SignatureDoesNotMatch|InvalidAccessKeyId|OptInRequired|NotAuthorized)/,
    "unauthorized",
    "DynamoDB refuses the credentials or the signature",
  ],
  [
    /^(CredentialsProviderError|TokenProviderError)/,
    "misconfigured",
    "the client has no credentials, or could not load them",
  ],
  [/^KMS/, "misconfigured", "DynamoDB cannot use the key that encrypts the table"],
  [/^ValidationException:.*Item size/, "too_large", "the item is larger than DynamoDB takes"],
  [
    /^ValidationException:.*(key element|key schema|keys was not given|Missing the key|Type mismatch for key|match schema type)/,
    "misconfigured",
    "the keys of the table must be `collection` and `key`, both strings",
  ],
  [
    /^ValidationException:.*(table\/index name|tableName|Map keys must satisfy)/i,
    "misconfigured",
    "DynamoDB takes no table of this name: it has 3 to 255 of the characters a-z, A-Z, 0-9, `_`, `-` and `.`",
  ],
  [/^Error: Region is missing/, "misconfigured", "the client has no region"],
  [/^(TimeoutError|RequestTimeout)/, "timeout", "DynamoDB did not respond in time"],
  [/^AbortError/, "aborted", "the client's signal ended the request"],
  [/^(InternalServerError|InternalFailure|ServiceUnavailable)/, "unavailable", "DynamoDB failed for a moment"],
];

/** How to make the table that the store needs. */
const createTable = (table: string) =>
  `aws dynamodb create-table --table-name ${table} --billing-mode PAY_PER_REQUEST ` +
  "--attribute-definitions AttributeName=collection,AttributeType=S AttributeName=key,AttributeType=S " +
  "--key-schema AttributeName=collection,KeyType=HASH AttributeName=key,KeyType=RANGE";

/** Says what a failure means. */
export function dynamoDBFailure({ name, message, status = 0 }: Problem, table: string, details: ErrorDetails) {
  // For a wrong signature, the rest of the message is the whole request, with the session token.
  const shown = (message.split(/The Canonical String/i, 1)[0] as string).trim().slice(0, 300);
  const text = `${name}: ${shown}`;
  const found = { store: NAME, ...details, cause: new Error(text) };
  if (/^ResourceNotFound/.test(name)) {
    const problem = `there is no table ${JSON.stringify(table)} in this region; to create it: ${createTable(table)}`;
    return new KeyValueError("misconfigured", problem, found);
  }
  const [, code, meaning] = MEANINGS.find(([pattern]) => pattern.test(text)) ?? [];
  if (code) return new KeyValueError(code, meaning as string, found);
  if (status >= 500) return new KeyValueError("unavailable", "DynamoDB failed for a moment", found);
  return new KeyValueError("backend", "DynamoDB refuses the request", found);
}
