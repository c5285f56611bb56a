/** What the stores over HTTP make of a server that is there, but does not do its work. */
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Redis } from "@upstash/redis";
import { afterAll, beforeAll, describe, expect, it } from "#test";
import { upstashStore } from "../../src/adapters/upstash.ts";
import { workersKVRestStore } from "../../src/adapters/workers-kv-rest.ts";
import type { AsyncKeyValue, KeyValueError } from "../../src/index.ts";
import { timeout } from "../../src/wrappers/timeout.ts";

let server: Server;
let url = "";
let respond: (response: ServerResponse) => void;
const dripping = new Set<NodeJS.Timeout>();

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume().on("end", () => respond(response));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  for (const timer of dripping) clearInterval(timer);
  server.closeAllConnections();
  server.close();
});

/** Sends the reply a byte at a time, and never ends it. */
function drip(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json" });
  const timer = setInterval(() => response.write(" "), 5);
  dripping.add(timer);
  response.on("close", () => clearInterval(timer));
}

const reply =
  (status: number, body: string, headers: Record<string, string> = {}) =>
  (response: ServerResponse): void =>
    void response.writeHead(status, headers).end(body);

const cut = (response: ServerResponse): void => {
  response.writeHead(200, { "content-type": "application/json", "content-length": "100" });
  response.write('{"result":"{\\"val', () => response.destroy());
};

const STORES: Record<string, () => AsyncKeyValue> = {
  upstashStore: () => upstashStore(new Redis({ url, token: "secret-token", enableTelemetry: false, retry: false })),
  workersKVRestStore: () =>
    workersKVRestStore({
      ...{ accountId: "account", namespaceId: "namespace", apiToken: "secret-token" },
      fetch: (input, init) => fetch(new URL(new URL(String(input)).pathname, url), init),
    }),
};

/** What is to be expected of each, if it is not the same. */
const FAULTS: [what: string, respond: (response: ServerResponse) => void, codes: string | Record<string, string>][] = [
  ["401", reply(401, '{"error":"Unauthorized"}'), "unauthorized"],
  ["429", reply(429, '{"error":"Too Many Requests"}', { "retry-after": "7" }), "rate_limited"],
  ["500", reply(500, '{"error":"ERR internal"}'), { upstashStore: "backend", workersKVRestStore: "unavailable" }],
  ["503 as HTML", reply(503, "<html>Service Unavailable</html>"), "unavailable"],
  ["HTML of somebody else", reply(200, "<html>Sign in to the Wi-Fi</html>"), "unavailable"],
  ["JSON that is not finished", reply(200, '{"result":"{\\"val'), "unavailable"],
  ["a connection that breaks in the middle", cut, "unavailable"],
];

for (const [name, make] of Object.entries(STORES)) {
  describe(`${name}, when a server`, () => {
    const failureOf = async (call: Promise<unknown>): Promise<KeyValueError> => {
      const error = await call.then(
        () => Promise.reject(new Error("the call succeeded")),
        (error: KeyValueError) => error,
      );
      expect(`${error.stack} ${error.cause} ${JSON.stringify(error)}`).not.toMatch(/secret/);
      return error;
    };

    for (const [what, fault, codes] of FAULTS) {
      const code = typeof codes === "string" ? codes : codes[name];
      it(`replies with ${what}, fails with ${code}`, async () => {
        respond = fault;
        const store = make();
        const calls = [store.get("k"), store.put("k", "secret value"), store.delete("k"), store.getMany(["a", "b"])];
        for (const error of await Promise.all(calls.map(failureOf))) expect([what, error.code]).toEqual([what, code]);
      });
    }

    it("replies a byte at a time, fails with timeout where that is asked for", async () => {
      respond = drip;
      const store = timeout(make(), { seconds: 0.1 });
      const calls = [store.get("k"), store.put("k", "secret value")];
      for (const error of await Promise.all(calls.map(failureOf))) expect(error.code).toBe("timeout");
    });
  });
}
