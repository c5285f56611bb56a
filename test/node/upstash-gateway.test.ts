/** That what stands in for Upstash speaks its protocol, and that the package of its client may be missing. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Redis } from "@upstash/redis";
import { beforeAll, describe, expect, it } from "#test";
import { replyParser } from "../support/resp.mjs";
import { type Database, describeWithRedis, openDatabase } from "../support/upstash.ts";

describe("the parser of Redis's replies", () => {
  const bytes = Buffer.from(
    "+OK\r\n-ERR no\r\n:-5\r\n$5\r\na\r\nbc\r\n$0\r\n\r\n$-1\r\n*3\r\n$1\r\né\r\n*1\r\n:1\r\n*-1\r\n*0\r\n".replace(
      "$1\r\né",
      "$2\r\né",
    ),
  );
  const text = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(text)
      : Buffer.isBuffer(value)
        ? `"${value}"`
        : value instanceof Error
          ? value.message
          : value;

  it("gives the same replies however the bytes are cut", () => {
    for (let size = 1; size <= bytes.length; size++) {
      const replies: unknown[] = [];
      const parse = replyParser((reply: unknown) => replies.push(text(reply)));
      for (let start = 0; start < bytes.length; start += size) parse(bytes.subarray(start, start + size));
      expect(replies).toEqual(["OK", "ERR no", -5, '"a\r\nbc"', '""', null, ['"é"', [1], null], []]);
    }
  });
});

describeWithRedis("the gateway", () => {
  let db: Database;
  beforeAll(async () => {
    db = await openDatabase();
  });

  async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
    const init = {
      method: "POST",
      headers: { authorization: `Bearer ${db.token}`, ...headers },
      body: JSON.stringify(body),
    };
    const response = await fetch(db.url + path, init);
    return [response.status, await response.json()];
  }

  it("answers a command, and an error with status 400", async () => {
    expect(await post("", ["SET", "k", "é"])).toEqual([200, { result: "OK" }]);
    expect(await post("", ["GET", "k"])).toEqual([200, { result: "é" }]);
    expect(await post("", ["GET", "missing"])).toEqual([200, { result: null }]);
    expect(await post("", ["INCR", "k"])).toEqual([400, { error: "ERR value is not an integer or out of range" }]);
  });

  it("encodes strings in base64 when it is asked to, but OK and numbers never", async () => {
    const encoding = { "upstash-encoding": "base64" };
    expect(await post("", ["SET", "k", "é"], encoding)).toEqual([200, { result: "OK" }]);
    expect(await post("", ["MGET", "k", "missing"], encoding)).toEqual([200, { result: ["w6k=", null] }]);
    expect(await post("", ["STRLEN", "k"], encoding)).toEqual([200, { result: 2 }]);
    expect(await post("", ["PING"], encoding)).toEqual([200, { result: "UE9ORw==" }]);
  });

  it("has an error per item in a pipeline, and all or nothing in a transaction", async () => {
    const wrong = { error: "WRONGTYPE Operation against a key holding the wrong kind of value" };
    const commands = [
      ["SET", "k", 1],
      ["LPUSH", "k", "x"],
      ["GET", "k"],
    ];
    expect(await post("/pipeline", commands)).toEqual([200, [{ result: "OK" }, wrong, { result: "1" }]]);
    expect(
      await post("/multi-exec", [
        ["INCR", "k"],
        ["INCR", "k"],
      ]),
    ).toEqual([200, [{ result: 2 }, { result: 3 }]]);
    const [status] = await post("/multi-exec", [
      ["SET", "k", "9"],
      ["SET", "k"],
    ]);
    expect([status, await db.redis("GET", "k")]).toEqual([400, "3"]);
  });

  it("refuses other tokens, and requests over 10 MB", async () => {
    expect((await post("", ["GET", "k"], { authorization: "Bearer other" }))[0]).toBe(401);
    const [status, { error }] = (await post("", ["SET", "k", "x".repeat(10 * 1024 * 1024)])) as [
      number,
      { error: string },
    ];
    expect([status, error.startsWith("ERR max request size exceeded")]).toEqual([400, true]);
  });

  it("loses replies of what it has executed, and refuses requests, when told so", async () => {
    const client = new Redis({
      url: db.url,
      token: db.token,
      retry: false,
      enableAutoPipelining: false,
      keepAlive: false,
    });
    await db.redis("DEL", "n");
    await db.requests();
    await db.faults(["lost"]);
    await client.incr("n").catch(() => undefined);
    const sent = (await db.requests()).length;
    expect(await db.redis("GET", "n")).toBe(`${sent}`);
    await db.faults(["refused", "refused", "refused", { status: 429, error: "slow down" }]);
    const failures = [await client.incr("n").catch((error) => error.name), await db.redis("GET", "n")];
    expect(failures[1]).toBe(`${sent}`);
    await db.faults([{ status: 429, error: "slow down" }]);
    expect((await client.incr("n").catch((error) => error)).message.startsWith("slow down")).toBe(true);
    await db.faults([]);
  });
});

describe("upstashStore without the package of the client", () => {
  it("takes a client of one's own, and says what is missing where it would have to make one", async () => {
    const script = `
      import { registerHooks } from "node:module";
      registerHooks({ resolve(name, context, next) {
        if (name.startsWith("@upstash/")) throw Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" });
        return next(name, context);
      } });
      const { upstashStore } = await import(${JSON.stringify(new URL("../../src/adapters/upstash.ts", import.meta.url))});
      console.log(await upstashStore({ exec: async () => ["-"] }).get("k"));
      const { code, message, store } = await upstashStore({ url: "https://example.com", token: "t" }).get("k").catch((error) => error);
      console.log(code, store, message.includes('"@upstash/redis"'));
    `;
    const run = promisify(execFile)(process.execPath, ["--no-warnings", "--input-type=module", "-e", script]);
    expect((await run).stdout).toBe("null\nmisconfigured upstash true\n");
  });
});
