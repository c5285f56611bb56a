import { type OAuthHelpers, OAuthProvider } from "@cloudflare/workers-oauth-provider";
import { type DurableObjects, durableObjectStore } from "edge-key-value/adapters/durable-object";
import { type KVNamespaceLike, toKVNamespace } from "edge-key-value/interop/kv-namespace";
import { rateLimited } from "edge-key-value/rate-limited";
import { authorize } from "./authorize.ts";
import { notesOf } from "./notes.ts";

export { KeyValueObject } from "edge-key-value/adapters/key-value-object";

interface Bindings {
  readonly STORE: DurableObjects;
  readonly PASSWORD: string;
}

/** What the provider adds or needs. */
export interface Env extends Bindings {
  readonly OAUTH_KV: KVNamespaceLike;
  readonly OAUTH_PROVIDER: OAuthHelpers;
}

export interface User {
  readonly name: string;
}

/** The server for one address, such as http://localhost:8787 or the domain of your Worker. */
function providerAt(origin: string): OAuthProvider<Env> {
  return new OAuthProvider<Env>({
    apiRoute: "/mcp",
    apiHandler: {
      fetch(request, { STORE }, ctx) {
        const store = durableObjectStore(STORE);
        const { name } = (ctx as ExecutionContext<User>).props;
        const serve = rateLimited((request: Request) => notesOf(name, store).fetch(request), {
          store,
          limit: 60,
          window: 60,
          key: () => `mcp/${name}`,
        });
        return serve(request);
      },
    },
    defaultHandler: { fetch: authorize },
    authorizeEndpoint: "/authorize",
    tokenEndpoint: "/token",
    clientRegistrationEndpoint: "/register",
    scopesSupported: ["notes", "offline_access"],
    requiredScopes: ["notes"],
    resourceMetadata: { resource: `${origin}/mcp`, authorization_servers: [origin] },
  });
}

export default {
  fetch(request: Request, env: Bindings, ctx: ExecutionContext): Promise<Response> {
    const OAUTH_KV = toKVNamespace(durableObjectStore(env.STORE), { collection: "oauth" });
    const withOAuth = { ...env, OAUTH_KV } as Env;
    return providerAt(new URL(request.url).origin).fetch(request, withOAuth, ctx);
  },
};
