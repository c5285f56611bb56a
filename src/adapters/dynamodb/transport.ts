import { type ErrorDetails, KeyValueError } from "../../core/errors.ts";
import type { DynamoDBFetch, DynamoDBInputs, DynamoDBSdk, DynamoDBSigner, Reply } from "./client.ts";
import { dynamoDBFailure, NAME } from "./failure.ts";

/** Sends a request. A condition that does not hold is a reply, every other failure an error of this library. */
export type Call = <A extends keyof DynamoDBInputs>(
  action: A,
  input: DynamoDBInputs[A],
  details: ErrorDetails,
) => Promise<Reply>;

const CONDITION = "ConditionalCheckFailedException";

/** Whether this is Deno, whose `fetch` sends a request twice if a connection breaks that it has used before. */
function onDeno(): boolean {
  const { navigator } = globalThis as { navigator?: { userAgent?: string } };
  return navigator?.userAgent?.startsWith("Deno/") === true;
}

/** Where requests over HTTP go. */
export interface Place {
  readonly table: string;
  readonly region: string;
  readonly endpoint: string;
}

/** Sends each request once, by `fetch`. */
export function httpCall(signer: DynamoDBSigner, send: DynamoDBFetch, { table, region, endpoint }: Place): Call {
  async function signed(action: string, body: string, details: ErrorDetails): Promise<Request> {
    const headers = {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": `DynamoDB_20120810.${action}`,
      ...(onDeno() && { connection: "close" }),
    };
    try {
      return await signer.sign(endpoint, { method: "POST", headers, body, aws: { service: NAME, region } });
    } catch (cause) {
      if (cause instanceof KeyValueError) throw cause;
      const { name = "Error" } = Object(cause) as Partial<Error>;
      // Whoever asks for the credentials has not got them in time.
      if (name === "TimeoutError" || name === "AbortError")
        throw dynamoDBFailure({ name, message: "" }, table, details);
      throw unsigned(name, details);
    }
  }

  return async (action, input, details) => {
    const request = await signed(action, JSON.stringify(input), details);
    let response: Response;
    let text: string;
    try {
      response = await send(request);
      text = await response.text();
    } catch (cause) {
      if (cause instanceof KeyValueError) throw cause;
      const { name = "", message = "" } = Object(cause) as Partial<Error>;
      if (name === "TimeoutError" || name === "AbortError") throw dynamoDBFailure({ name, message }, table, details);
      throw new KeyValueError("unavailable", "DynamoDB cannot be reached", { store: NAME, ...details, cause });
    }
    const reply = parse(text);
    // What is not JSON comes from a proxy.
    if (!reply) {
      const cause = new Error(`${response.status}, and the body is not JSON`);
      throw new KeyValueError("unavailable", "DynamoDB cannot be reached", { store: NAME, ...details, cause });
    }
    if (response.ok) return reply;
    const { __type, message, Message, Item } = reply;
    const name = String(__type ?? "").replace(/^.*#/, "");
    if (name === CONDITION) return { refused: { item: Item } };
    throw dynamoDBFailure({ name, message: String(message ?? Message ?? ""), status: response.status }, table, details);
  };
}

/**
 * Sends requests by the AWS SDK, which must not repeat them. A write on the condition that nothing is there would happen twice
 * if somebody has taken in between what its first copy wrote.
 */
export function sdkCall(sdk: DynamoDBSdk, table: string): Call {
  const methods = {
    GetItem: (input) => sdk.getItem(input),
    PutItem: (input) => sdk.putItem(input),
    DeleteItem: (input) => sdk.deleteItem(input),
    BatchGetItem: (input) => sdk.batchGetItem(input),
    BatchWriteItem: (input) => sdk.batchWriteItem(input),
    Query: (input) => sdk.query(input),
    Scan: (input) => sdk.scan(input),
  } satisfies { [A in keyof DynamoDBInputs]: (input: DynamoDBInputs[A]) => Promise<object> };

  return async (action, input, details) => {
    const attempts = await attemptsOf(sdk, details);
    if (attempts > 1) {
      const problem = `the client sends a request up to ${attempts} times: pass new DynamoDB({ maxAttempts: 1 })`;
      throw new KeyValueError("misconfigured", problem, { store: NAME, ...details });
    }
    try {
      return Object(await methods[action](input as never));
    } catch (thrown) {
      if (thrown instanceof KeyValueError) throw thrown;
      const { name = "Error", message = "", $metadata, Item } = Object(thrown) as Thrown;
      const { httpStatusCode } = $metadata ?? {};
      if (name === CONDITION) return { refused: { item: Item } };
      const isLocal = httpStatusCode === undefined;
      if (isLocal && name === "TypeError" && /header/i.test(message)) throw unsigned(name, details);
      if (isLocal && !NAMED.test(`${name}: ${message}`)) {
        const cause = new Error(`${name}: ${message}`.slice(0, 300));
        throw new KeyValueError("unavailable", "DynamoDB cannot be reached", { store: NAME, ...details, cause });
      }
      throw dynamoDBFailure({ name, message, status: httpStatusCode }, table, details);
    }
  };
}

/** What the SDK throws. */
interface Thrown extends Partial<Error> {
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly Item?: unknown;
}

/** The SDK's own errors that have a meaning, though no reply has come. */
const NAMED = /^(CredentialsProviderError|TokenProviderError|TimeoutError|AbortError|Error: Region is missing)/;

/** Leaves out the message of what was thrown: it may have a header, and with it a token. */
function unsigned(name: string, details: ErrorDetails): KeyValueError {
  const found = { store: NAME, ...details, cause: new Error(name) };
  return new KeyValueError("misconfigured", "the request could not be signed: are the credentials right?", found);
}

/** How often a client of the SDK sends a request. It may have to read a file or the environment to find out. */
async function attemptsOf(sdk: DynamoDBSdk, details: ErrorDetails): Promise<number> {
  try {
    return await sdk.config.maxAttempts();
  } catch (cause) {
    const problem = "the client does not say how often it sends a request: pass new DynamoDB({ maxAttempts: 1 })";
    throw new KeyValueError("misconfigured", problem, { store: NAME, ...details, cause });
  }
}

function parse(text: string): (Reply & Readonly<Record<string, unknown>>) | undefined {
  try {
    const reply: unknown = JSON.parse(text);
    return typeof reply === "object" ? ((reply as ReturnType<typeof parse>) ?? undefined) : undefined;
  } catch {
    return undefined;
  }
}
