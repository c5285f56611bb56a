import { OAuthProxy } from "fastmcp/auth";
import { describe, expect, it } from "#test";
import { createStore, memoryStore, toDriver } from "../../src/index.ts";
import { type FastMcpTokenStorage, fastMcpTokenStorage } from "../../src/interop/fastmcp.ts";
import { atTime, idsOf } from "./support.ts";

const collection = "fastmcp";
const redirect = "http://localhost:3000/callback";

/** An OAuth proxy in a process of its own, in front of a provider that signs everybody in. */
function newProxy(tokenStorage: FastMcpTokenStorage, encryptionKey: string | false = "shared by all processes") {
  return new OAuthProxy({
    baseUrl: "https://mcp.example",
    upstreamAuthorizationEndpoint: "https://provider.example/authorize",
    upstreamTokenEndpoint: "https://provider.example/token",
    upstreamClientId: "client",
    upstreamClientSecret: "secret",
    consentRequired: false,
    jwtSigningKey: "shared by all processes, 32 bytes",
    encryptionKey,
    tokenStorage,
  });
}

/** Runs `body` with proxies that it asks for; the provider answers in place of the network. */
async function withProxies(body: (open: typeof newProxy) => Promise<void>): Promise<void> {
  const { fetch } = globalThis;
  const opened: OAuthProxy[] = [];
  globalThis.fetch = async () =>
    Response.json({ access_token: "upstream", refresh_token: "again", expires_in: 3600, token_type: "Bearer" });
  try {
    await body((...args) => {
      const proxy = newProxy(...args);
      opened.push(proxy);
      return proxy;
    });
  } finally {
    globalThis.fetch = fetch;
    for (const proxy of opened) proxy.destroy();
  }
}

/** Registers a client and signs it in, up to the code that it may redeem. */
async function signIn(proxy: OAuthProxy): Promise<{ client_id: string; code: string }> {
  const { client_id } = await proxy.registerClient({ redirect_uris: [redirect] });
  const params = { client_id, redirect_uri: redirect, response_type: "code", state: "s", scope: "" };
  const started = await proxy.authorize(params);
  const state = new URL(started.headers.get("location") as string).searchParams.get("state");
  const callback = new Request(`https://mcp.example/oauth/callback?code=upstream&state=${state}`);
  const ended = await proxy.handleCallback(callback);
  return { client_id, code: new URL(ended.headers.get("location") as string).searchParams.get("code") as string };
}

const tokenRequest = ({ client_id, code }: { client_id: string; code: string }) => ({
  grant_type: "authorization_code" as const,
  redirect_uri: redirect,
  client_id,
  code,
});

const outcomes = (results: readonly PromiseSettledResult<unknown>[]) =>
  results.map((result) => (result.status === "fulfilled" ? "tokens" : (result.reason as { code: string }).code)).sort();

describe("fastmcp with a store as its token storage", () => {
  for (const [how, key] of [
    ["encrypted", "shared by all processes"],
    ["in the clear", false],
  ] as const) {
    it(`redeems a code for one of two requests at once, in different processes, with values ${how}`, () =>
      withProxies(async (open) => {
        const store = memoryStore();
        const newProcess = () => open(fastMcpTokenStorage(store), key);
        const signedIn = await signIn(newProcess());
        const redeem = () => newProcess().exchangeAuthorizationCode(tokenRequest(signedIn));
        expect(outcomes(await Promise.allSettled([redeem(), redeem()]))).toEqual(["invalid_grant", "tokens"]);
        const late = await redeem().catch((error: { description: string }) => error.description);
        expect(late).toBe("Authorization code already used");
      }));
  }

  it("redeems a refresh token for one of ten requests at once", () =>
    withProxies(async (open) => {
      const store = memoryStore();
      const newProcess = () => open(fastMcpTokenStorage(store));
      const signedIn = await signIn(newProcess());
      const { refresh_token = "" } = await newProcess().exchangeAuthorizationCode(tokenRequest(signedIn));
      const { client_id } = signedIn;
      const refresh = () =>
        newProcess().exchangeRefreshToken({ grant_type: "refresh_token", client_id, refresh_token });
      const results = outcomes(await Promise.allSettled(Array.from({ length: 10 }, refresh)));
      expect(results.filter((outcome) => outcome === "tokens").length).toBe(1);
    }));

  it("keeps each value for its TTL, and dates as ISO strings", () =>
    atTime(async (pass) => {
      const store = memoryStore();
      const storage = fastMcpTokenStorage(store);
      const at = new Date(0);
      await storage.save("short", { at, none: undefined }, 60);
      await storage.save("long", "value");
      await storage.save("gone", "value");
      await storage.save("gone", "value", 0);
      expect(await storage.get("short")).toEqual({ at: "1970-01-01T00:00:00.000Z" });
      expect([...(await idsOf(store, collection))].sort()).toEqual(["long", "short"]);
      pass(61);
      expect(await storage.get("short")).toBe(null);
      await storage.cleanup();
      expect(await storage.take("long")).toBe("value");
      expect(await storage.take("long")).toBe(null);
      await storage.delete("long");
    }));

  it("needs a strongly consistent store with atomic operations, and says so", () => {
    const { swap: _, ...weak } = toDriver(memoryStore());
    for (const [store, message] of [
      [createStore(weak), "fastMcpTokenStorage needs a store with atomic operations; memory has none"],
      [{ ...memoryStore() }, "fastMcpTokenStorage needs a store that is strongly consistent; custom is not"],
    ] as const) {
      expect(() => fastMcpTokenStorage(store as never)).toThrow(message);
    }
  });
});
