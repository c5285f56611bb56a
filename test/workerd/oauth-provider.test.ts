import { createExecutionContext } from "cloudflare:test";
import { type OAuthHelpers, OAuthProvider } from "@cloudflare/workers-oauth-provider";
import { describe, expect, it } from "#test";
import { durableObjectStore } from "../../src/adapters/durable-object.ts";
import { type KVNamespaceLike, toKVNamespace } from "../../src/interop/kv-namespace.ts";
import { objects } from "./objects.ts";

interface Env {
  readonly OAUTH_KV: KVNamespaceLike;
  readonly OAUTH_PROVIDER: OAuthHelpers;
}

const ORIGIN = "https://mcp.example.com";

/** The package's provider, in one Worker, with a sign-in that always knows who it is. */
const provider = new OAuthProvider<Env>({
  apiRoute: "/mcp",
  apiHandler: { fetch: async (_request, _env, ctx) => Response.json((ctx as unknown as { props: unknown }).props) },
  defaultHandler: {
    async fetch(request, env) {
      const asked = await env.OAUTH_PROVIDER.parseAuthRequest(request);
      const { redirectTo } = await env.OAUTH_PROVIDER.completeAuthorization({
        request: asked,
        userId: "ann",
        metadata: { label: "laptop" },
        scope: asked.scope,
        props: { name: "Ann" },
      });
      return Response.redirect(redirectTo, 302);
    },
  },
  authorizeEndpoint: "/authorize",
  tokenEndpoint: "/token",
  clientRegistrationEndpoint: "/register",
  scopesSupported: ["read", "offline_access"],
  onError: () => {},
  resourceMetadata: { resource: `${ORIGIN}/mcp`, authorization_servers: [ORIGIN] },
});

const base64url = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes)).replace(/[+/=]/g, (char) => ({ "+": "-", "/": "_" })[char] ?? "");

/** An app that signs its user in with the provider. */
function appOn(env: Env) {
  const send = (path: string, init?: RequestInit) =>
    provider.fetch(new Request(`${ORIGIN}${path}`, init), env as never, createExecutionContext());
  const post = (path: string, form: Record<string, string>) =>
    send(path, { method: "POST", body: new URLSearchParams(form) });
  const json = async <T>(response: Promise<Response>) => (await response).json() as Promise<T>;

  return {
    async signIn() {
      const registration = {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ redirect_uris: ["https://app.example.com/back"], token_endpoint_auth_method: "none" }),
      };
      const { client_id } = await json<{ client_id: string }>(send("/register", registration));
      const code_verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
      const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(code_verifier));
      const query = new URLSearchParams({
        response_type: "code",
        client_id,
        redirect_uri: "https://app.example.com/back",
        scope: "read offline_access",
        state: "state",
        code_challenge: base64url(new Uint8Array(digest)),
        code_challenge_method: "S256",
        resource: `${ORIGIN}/mcp`,
      });
      const answer = await send(`/authorize?${query}`);
      const code = new URL(answer.headers.get("location") ?? "").searchParams.get("code") ?? "";
      return { client_id, code, code_verifier, redirect_uri: "https://app.example.com/back" };
    },
    redeem: (form: Record<string, string>) => post("/token", { grant_type: "authorization_code", ...form }),
    refresh: (client_id: string, refresh_token: string) =>
      post("/token", { grant_type: "refresh_token", client_id, refresh_token }),
    revoke: (client_id: string, token: string) => post("/token", { client_id, token }),
    call: (token: string) => send("/mcp", { headers: { authorization: `Bearer ${token}` } }),
  };
}

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

describe("@cloudflare/workers-oauth-provider over Durable Objects", () => {
  // Every request meets a namespace and a store of its own, as it does in another isolate.
  const instance = () =>
    ({ OAUTH_KV: toKVNamespace(durableObjectStore(objects("oauth"), { shards: 2 })) }) as unknown as Env;

  it("issues, refreshes and revokes tokens, which the next request sees at once", async () => {
    const { client_id, ...code } = await appOn(instance()).signIn();
    const redeemed = await appOn(instance()).redeem({ client_id, ...code });
    expect(redeemed.status).toBe(200);
    const first = (await redeemed.json()) as Tokens;
    const called = await appOn(instance()).call(first.access_token);
    expect([called.status, await called.json()]).toEqual([200, { name: "Ann" }]);

    const refreshed = await appOn(instance()).refresh(client_id, first.refresh_token);
    expect(refreshed.status).toBe(200);
    const second = (await refreshed.json()) as Tokens;
    expect(second.access_token).not.toBe(first.access_token);
    expect((await appOn(instance()).call(second.access_token)).status).toBe(200);

    expect((await appOn(instance()).revoke(client_id, second.refresh_token)).status).toBe(200);
    for (const { access_token } of [first, second]) {
      expect((await appOn(instance()).call(access_token)).status).toBe(401);
    }
    expect((await appOn(instance()).refresh(client_id, second.refresh_token)).status).toBe(400);
    expect((await instance().OAUTH_KV.list({ prefix: "token:" })).keys).toEqual([]);
  });

  it("refuses a code that was redeemed before, and revokes the tokens it was redeemed for", async () => {
    const signedIn = await appOn(instance()).signIn();
    const tokens = (await (await appOn(instance()).redeem(signedIn)).json()) as Tokens;
    expect((await appOn(instance()).redeem(signedIn)).status).toBe(400);
    expect((await appOn(instance()).call(tokens.access_token)).status).toBe(401);
  });
});
