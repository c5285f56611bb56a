import { describe, expect, it } from "#test";
import { type DynamoDBSdk, type DynamoDBSigner, dynamoDBStore } from "../../../src/adapters/dynamodb.ts";
import type { KeyValueError } from "../../../src/index.ts";
import { signer } from "../../support/dynamo.ts";

const TABLE = { table: "entries", region: "eu-central-1" };
const config = { maxAttempts: async () => 1 };
const TYPE = "com.amazonaws.dynamodb.v20120810#";

/** A store whose requests get a reply of their own. */
const replying = (reply: (action: string, input: never) => Response | Promise<Response>) =>
  dynamoDBStore(signer(), {
    ...TABLE,
    fetch: async (request) =>
      reply(request.headers.get("x-amz-target")?.split(".")[1] ?? "", (await request.json()) as never),
  });

const failureOf = async (call: Promise<unknown> | (() => Promise<unknown>)): Promise<KeyValueError> =>
  (typeof call === "function" ? call() : call).then(
    (value) => expect(value).toBe("a failure") as never,
    (error: KeyValueError) => error,
  );

/** What DynamoDB says, and what it means. */
const FAILURES: readonly (readonly [name: string, message: string, status: number, code: string])[] = [
  ["ProvisionedThroughputExceededException", "The level of configured throughput …", 400, "rate_limited"],
  ["ThrottlingException", "Rate of requests exceeds the allowed throughput.", 400, "rate_limited"],
  ["RequestLimitExceeded", "Throughput exceeds the current limit", 400, "rate_limited"],
  ["TransactionConflictException", "Transaction is ongoing for the item", 400, "unavailable"],
  ["ReplicatedWriteConflictException", "", 400, "unavailable"],
  ["ItemCollectionSizeLimitExceededException", "Collection size exceeded.", 400, "full"],
  ["AccessDeniedException", "User: arn:aws:iam::1:user/a is not authorized to perform …", 400, "unauthorized"],
  ["UnrecognizedClientException", "The security token included in the request is invalid.", 400, "unauthorized"],
  ["ExpiredTokenException", "The security token included in the request is expired", 400, "unauthorized"],
  ["IncompleteSignatureException", "'…' not a valid key=value pair", 400, "unauthorized"],
  ["MissingAuthenticationTokenException", "Request is missing Authentication Token", 403, "unauthorized"],
  ["ResourceNotFoundException", "Requested resource not found", 400, "misconfigured"],
  ["ValidationException", "The provided key element does not match the schema", 400, "misconfigured"],
  [
    "ValidationException",
    "One or more parameter values were invalid: Missing the key id in the item",
    400,
    "misconfigured",
  ],
  [
    "ValidationException",
    "One or more parameter values were invalid: Type mismatch for key collection expected: N actual: S",
    400,
    "misconfigured",
  ],
  [
    "ValidationException",
    "One or more parameter values were invalid: Condition parameter type does not match schema type",
    400,
    "misconfigured",
  ],
  ["ValidationException", "Invalid table/index name.  Table/index names must be …", 400, "misconfigured"],
  [
    "ValidationException",
    "1 validation error detected: Value 'a!' at 'tableName' failed to satisfy constraint: …",
    400,
    "misconfigured",
  ],
  [
    "ValidationException",
    "1 validation error detected: Value '{a!=…}' at 'requestItems' failed to satisfy constraint: Map keys must satisfy …",
    400,
    "misconfigured",
  ],
  ["KMSDisabledException", "", 400, "misconfigured"],
  ["ValidationException", "Item size has exceeded the maximum allowed size", 400, "too_large"],
  ["ValidationException", "something else", 400, "backend"],
  ["InternalServerError", "The request processing has failed", 500, "unavailable"],
  ["ServiceUnavailableException", "", 503, "unavailable"],
  ["", "", 502, "unavailable"],
  ["SomethingNewException", "", 400, "backend"],
];

describe("the failures of DynamoDB", () => {
  it("have a meaning over HTTP and by the SDK, and say where they happened", async () => {
    for (const [name, message, status, code] of FAILURES) {
      const thrown = Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status, attempts: 3 } });
      const fails = () => Promise.reject(thrown);
      const sdk = { config, getItem: fails, putItem: fails, deleteItem: fails, batchGetItem: fails };
      const stores = [
        replying(() => Response.json({ __type: TYPE + name, message }, { status })),
        dynamoDBStore(sdk as Partial<DynamoDBSdk> as DynamoDBSdk, TABLE),
      ];
      for (const store of stores) {
        for (const call of [
          () => store.get("k"),
          () => store.put("k", "hidden value"),
          () => store.putIfAbsent("k", "hidden value"),
        ]) {
          const error = await failureOf(call);
          expect([name, error.code, error.store, error.key]).toEqual([name, code, "dynamodb", "k"]);
          expect(`${error.message} ${String(error.cause)}`).not.toContain("hidden value");
        }
        expect((await failureOf(store.deleteMany(["k", "l"]))).failed).toEqual(["k", "l"]);
        // A throttled batch is sent again: see below.
        if (code !== "rate_limited") expect((await failureOf(store.getMany(["k", "l"]))).code).toBe(code);
      }
    }
  });

  it("say how to create a missing table", async () => {
    const store = replying(() => Response.json({ __type: `${TYPE}ResourceNotFoundException` }, { status: 400 }));
    expect((await failureOf(store.get("k"))).message).toContain("aws dynamodb create-table --table-name entries");
  });

  it("never show the request that a wrong signature is reported with", async () => {
    const message =
      "The request signature we calculated does not match the signature you provided.\n\n" +
      "The Canonical String for this request should have been\n'POST\n/\n\nx-amz-security-token:secret-token'";
    const store = replying(() => Response.json({ __type: "x#InvalidSignatureException", message }, { status: 400 }));
    const error = await failureOf(store.get("k"));
    expect(error.code).toBe("unauthorized");
    expect(String(error.cause)).toContain("does not match");
    expect(String(error.cause)).not.toContain("secret-token");
  });

  it("are those of the network, too", async () => {
    const named = (name: string) => Object.assign(new Error("…"), { name });
    const cases: [code: string, reply: () => Response | Promise<Response>][] = [
      ["unavailable", () => Promise.reject(new TypeError("fetch failed"))],
      ["timeout", () => Promise.reject(named("TimeoutError"))],
      ["aborted", () => Promise.reject(named("AbortError"))],
      ["unavailable", () => new Response("<html>Bad Gateway</html>", { status: 502 })],
      ["unavailable", () => new Response("<html>Sign in to the hotel</html>")],
      ["unavailable", () => new Response("")],
      ["unavailable", () => new Response("null")],
      ["unavailable", () => new Response("7")],
    ];
    for (const [code, reply] of cases) {
      const store = replying(reply);
      for (const call of [() => store.get("k"), () => store.put("k", 1), () => store.increment("k")]) {
        expect([`${reply}`, (await failureOf(call)).code]).toEqual([`${reply}`, code]);
      }
    }
  });

  it("are those of the SDK before a request is sent, too", async () => {
    for (const [name, code] of [
      ["CredentialsProviderError", "misconfigured"],
      ["TimeoutError", "timeout"],
      ["AbortError", "aborted"],
      ["Error", "unavailable"],
    ]) {
      const getItem = () => Promise.reject(Object.assign(new Error(), { name }));
      const sdk = { config, getItem, batchGetItem() {} } as never;
      expect([name, (await failureOf(dynamoDBStore(sdk, TABLE).get("k"))).code]).toEqual([name, code]);
    }
  });

  it("of the SDK never show the headers of a request, and say what the client lacks", async () => {
    const $metadata = { attempts: 1, totalRetryDelay: 0 };
    for (const [thrown, code] of [
      [new TypeError('Headers.append: "secret\ntoken" is an invalid header value.'), "misconfigured"],
      [new Error("Region is missing"), "misconfigured"],
      [new TypeError("fetch failed"), "unavailable"],
    ] as const) {
      const getItem = () => Promise.reject(Object.assign(thrown, { $metadata }));
      const error = await failureOf(dynamoDBStore({ config, getItem, batchGetItem() {} } as never, TABLE).get("k"));
      expect([thrown.message, error.code]).toEqual([thrown.message, code]);
      expect(JSON.stringify([error, String(error.cause)])).not.toContain("secret");
    }
    const unreadable = { maxAttempts: () => Promise.reject(new Error("max_attempts must be a number")) };
    const error = await failureOf(dynamoDBStore({ config: unreadable, batchGetItem() {} } as never, TABLE).get("k"));
    expect([error.code, error.store, error.key]).toEqual(["misconfigured", "dynamodb", "k"]);
  });

  it("of a signer that waits for credentials are not those of wrong credentials", async () => {
    for (const [name, code] of [
      ["TimeoutError", "timeout"],
      ["AbortError", "aborted"],
    ] as const) {
      const sign = () => Promise.reject(Object.assign(new Error("secret-token"), { name }));
      const error = await failureOf(dynamoDBStore({ sign }, TABLE).get("k"));
      expect([error.code, String(error.cause).includes("secret-token")]).toEqual([code, false]);
    }
  });

  it("end a listing that does not go on", async () => {
    for (const key of [{}, { collection: { S: "c" }, key: { S: "k" } }, { collection: { S: { toString: 1 } } }]) {
      const store = replying(() => Response.json({ LastEvaluatedKey: key }));
      for (const call of [
        () => store.listKeys(),
        () => store.listCollections(),
        () => store.destroyCollection(),
        () => store.destroy(),
        () => store.cull(),
      ]) {
        expect([`${call}`, (await failureOf(call)).code]).toEqual([`${call}`, "backend"]);
      }
    }
  });

  it("are those of the signer, too, without its message, which may hold a token", async () => {
    const broken: DynamoDBSigner = { sign: () => Promise.reject(new TypeError("invalid header value: secret-token")) };
    const error = await failureOf(dynamoDBStore(broken, TABLE).get("k"));
    expect(error.code).toBe("misconfigured");
    expect(JSON.stringify([error, String(error.cause)])).not.toContain("secret-token");
  });

  it("include replies that are not those of DynamoDB: nothing is found, and nothing hangs", async () => {
    for (const reply of [
      {},
      { Item: 1, Items: 1, Responses: 1, UnprocessedKeys: 1, UnprocessedItems: 1, Attributes: 1 },
      { Item: null, Items: [null, 1], Responses: { entries: [null, 1, {}] }, UnprocessedKeys: { entries: {} } },
      { Items: [{}], Responses: [], UnprocessedKeys: { entries: { Keys: [{}] } }, UnprocessedItems: { entries: [{}] } },
    ]) {
      const store = replying(() => Response.json(reply));
      expect(await store.get("k")).toBe(null);
      expect(await store.getMany(["k", "l"])).toEqual([null, null]);
      await store.putMany([
        ["k", 1],
        ["l", 2],
      ]);
      expect(await store.delete("k")).toBe(false);
      await store.listKeys();
      await store.listCollections();
    }
  });
});

describe("what DynamoDB leaves of a batch", () => {
  const keyOf = (key: { key: { S: string } }) => key.key.S;

  it("is sent again, and only that", async () => {
    const sent: string[][] = [];
    const store = replying((action, { RequestItems: { entries } }: never) => {
      if (action === "BatchGetItem") {
        const keys = (entries as { Keys: { key: { S: string } }[] }).Keys;
        sent.push(keys.map(keyOf));
        const [first, ...rest] = keys;
        return Response.json({
          Responses: { entries: [{ ...first, value: { S: `{"value": "${keyOf(first as never)}"}` } }] },
          UnprocessedKeys: rest.length > 0 ? { entries: { Keys: rest } } : {},
        });
      }
      const writes = entries as { PutRequest: { Item: { key: { S: string } } } }[];
      sent.push(writes.map(({ PutRequest }) => keyOf(PutRequest.Item)));
      return Response.json({ UnprocessedItems: writes.length > 1 ? { entries: writes.slice(0, -1) } : {} });
    });
    expect(await store.getMany(["a", "b", "c", "a"])).toEqual(["a", "b", "c", "a"]);
    expect(sent.splice(0)).toEqual([["a", "b", "c"], ["b", "c"], ["c"]]);
    await store.putMany([
      ["a", 1],
      ["b", 2],
      ["c", 3],
    ]);
    expect(sent).toEqual([["a", "b", "c"], ["a", "b"], ["a"]]);
  });

  it("fails in the end, by name, while all other batches are written", async () => {
    const written: string[] = [];
    let asked = 0;
    const store = replying((_, { RequestItems: { entries } }: never) => {
      const writes = entries as { PutRequest: { Item: { key: { S: string } } } }[];
      const left = writes.filter(({ PutRequest }) => keyOf(PutRequest.Item) === "k7");
      written.push(...writes.filter((write) => !left.includes(write)).map(({ PutRequest }) => keyOf(PutRequest.Item)));
      if (left.length > 0) asked++;
      return Response.json({ UnprocessedItems: left.length > 0 ? { entries: left } : {} });
    });
    const keys = Array.from({ length: 60 }, (_, i) => `k${i}`);
    const error = await failureOf(store.putMany(keys.map((key) => [key, 1])));
    expect([error.code, error.failed, error.key, asked]).toEqual(["rate_limited", ["k7"], "k7", 8]);
    expect(written.sort()).toEqual(keys.filter((key) => key !== "k7").sort());
  });

  it("does not keep a bulk from saying which keys failed for another reason", async () => {
    const store = replying((_, { RequestItems: { entries } }: never) => {
      const hasLast = JSON.stringify(entries).includes('"k59"');
      return hasLast ? Response.json({ __type: "x#InternalServerError" }, { status: 500 }) : Response.json({});
    });
    const keys = Array.from({ length: 60 }, (_, i) => `k${i}`);
    const error = await failureOf(store.putMany(keys.map((key) => [key, 1])));
    expect([error.code, error.failed]).toEqual(["unavailable", keys.slice(50)]);
  });

  it("is the whole batch when DynamoDB refuses it because the table is busy", async () => {
    let asked = 0;
    let busy = 2;
    const store = replying(() => {
      asked++;
      if (busy-- <= 0) return Response.json({});
      return Response.json({ __type: `${TYPE}ProvisionedThroughputExceededException` }, { status: 400 });
    });
    const pairs = ["a", "b"].map((key) => [key, 1] as const);
    await store.putMany(pairs);
    expect(asked).toBe(3);
    [asked, busy] = [0, 2];
    expect(await store.getMany(["a", "b"])).toEqual([null, null]);
    expect(asked).toBe(3);
    [asked, busy] = [0, 1000];
    const error = await failureOf(store.putMany(pairs));
    expect([error.code, error.failed, asked]).toEqual(["rate_limited", ["a", "b"], 7]);
  });
});

describe("a conditional write that was refused", () => {
  const refusal = "ConditionalCheckFailedException";
  const stored = (id: string) => ({ value: { S: `{"id":"${id}","value":7}` } });

  it("needs no read where DynamoDB sends the item along", async () => {
    const actions: string[] = [];
    const store = replying((action) => {
      actions.push(action);
      return Response.json({ __type: TYPE + refusal, Item: stored("other") }, { status: 400 });
    });
    expect(await store.putIfAbsent("k", 1)).toBe(false);
    expect(actions).toEqual(["PutItem"]);
  });

  it("has happened if the item is its own, whatever has sent it twice", async () => {
    const store = replying((_, { Item }: never) => {
      const { id } = JSON.parse((Item as { value: { S: string } }).value.S);
      return Response.json({ __type: TYPE + refusal, Item: stored(id) }, { status: 400 });
    });
    expect(await store.putIfAbsent("k", 1)).toBe(true);
  });

  it("is never sent by a client that could send it twice", async () => {
    const sdk = {
      config: { maxAttempts: async () => 3 },
      batchGetItem() {},
      putItem: () => expect("sent").toBe("not"),
    };
    const error = await failureOf(dynamoDBStore(sdk as never, TABLE).putIfAbsent("k", 1));
    expect([error.code, error.message.includes("maxAttempts: 1")]).toEqual(["misconfigured", true]);
  });
});
