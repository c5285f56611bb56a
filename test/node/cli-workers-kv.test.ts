import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "#test";
import { workersKVStore } from "../../src/adapters/workers-kv.ts";
import { counted, dump, linesOf, numbered, useCommand } from "../support/command.ts";
import { kvInMemory } from "../support/kv.ts";
import { ACCESS, kvApi, type Namespace } from "../support/kv-rest.ts";

const { run } = useCommand();
const { binding } = kvInMemory();
const api = kvApi(() => binding as unknown as Namespace);

/** Cloudflare's API on a port of this machine. */
const server = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  const { method = "GET", headers } = request;
  const init = { method, headers: { authorization: `${headers.authorization}` }, ...(body && { body }) };
  const answer = await api(`https://api.cloudflare.com${request.url}`, init);
  response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text());
});
beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
afterAll(() => void server.close());

/** The address of the namespace in that API. */
function address(): string {
  const { port } = server.address() as AddressInfo;
  const [account, namespace] = [ACCESS.accountId, ACCESS.namespaceId].map(encodeURIComponent);
  return `workers-kv://${account}/${namespace}?endpoint=${encodeURIComponent(`http://127.0.0.1:${port}`)}`;
}

describe("edge-key-value over Workers KV by Cloudflare's API", () => {
  it("reads, writes and copies the entries that a Worker sees", async () => {
    const env = { CLOUDFLARE_API_TOKEN: ACCESS.apiToken, EDGE_KEY_VALUE_STORE: address() };
    expect((await run(["put", "k", '{"a":[1]}', "--ttl", "100"], { env })).code).toBe(0);
    expect(await workersKVStore(binding).get("k")).toEqual({ a: [1] });
    const got = await run(["get", "k", "--json"], { env });
    expect(linesOf(got.out)).toEqual([expect.objectContaining({ key: "k", value: { a: [1] } })]);
    const copied = await run(["copy", "--from", "-", "--to", address()], { env, input: dump(numbered(30)) });
    expect([copied.code, counted(copied, "verified")]).toEqual([0, 30]);
    expect((await run(["delete", "k", "--yes"], { env })).code).toBe(0);
    expect((await run(["get", "k"], { env })).code).toBe(1);
  });

  it("says what is missing or wrong, and shows no token", async () => {
    for (const [store, token, code, words] of [
      ["workers-kv://account", "t", 2, "an account and a namespace"],
      ["workers-kv://account/namespace/more", "t", 2, "an account and a namespace"],
      [address(), "", 2, "CLOUDFLARE_API_TOKEN"],
      [address(), "another-secret", 1, "unauthorized"],
    ] as const) {
      const ended = await run(["get", "k", "--store", store], { env: { CLOUDFLARE_API_TOKEN: token } });
      expect([store, ended.code, ended.err.includes(words) ? words : ended.err]).toEqual([store, code, words]);
      expect(ended.err.includes("another-secret")).toBe(false);
    }
  });
});
