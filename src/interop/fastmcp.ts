import type { AsyncKeyValue, CapabilityMethods, CollectionOptions } from "../core/protocol.ts";
import { requireStore } from "../core/requirements.ts";
import { supports } from "../core/store.ts";
import { throughJson } from "./internal/json.ts";
import { withoutIds } from "./internal/sessions.ts";

/** FastMCP's `TokenStorage`. */
export interface FastMcpTokenStorage {
  save(key: string, value: unknown, ttl?: number): Promise<void>;
  get(key: string): Promise<unknown>;
  /** Reads a value and removes it in one step: of many callers exactly one receives it, the others `null`. */
  take(key: string): Promise<unknown>;
  delete(key: string): Promise<void>;
  /** Reclaims the space of expired entries, if the store can be told to. They are absent in any case. */
  cleanup(): Promise<void>;
}

/**
 * Makes FastMCP's `tokenStorage` from a store: it keeps the authorization codes, transactions and tokens of its OAuth proxy.
 *
 * The proxy redeems each code and each refresh token with `take`. Here that is one atomic operation, so of two requests
 * with one code exactly one receives tokens, in whichever process they arrive. Values are stored as JSON: a `Date` comes
 * back as an ISO string, which the proxy reads. The collection is `"fastmcp"` unless `collection` names another. A `ttl` is
 * in seconds; one of 0 or less removes the entry.
 *
 * The store must be strongly consistent and have atomic operations: Durable Objects or Redis, or memory in one process.
 *
 * @throws KeyValueError `misconfigured` when the store is not strongly consistent or has no atomic operations.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { fastMcpTokenStorage } from "edge-key-value/interop/fastmcp";
 * import { OAuthProxy } from "fastmcp/auth";
 *
 * const proxy = new OAuthProxy({
 *   baseUrl: "https://mcp.example",
 *   upstreamAuthorizationEndpoint: "https://provider.example/authorize",
 *   upstreamTokenEndpoint: "https://provider.example/token",
 *   upstreamClientId: "my-client",
 *   upstreamClientSecret: "from your configuration",
 *   tokenStorage: fastMcpTokenStorage(memoryStore()),
 * });
 * ```
 */
export function fastMcpTokenStorage(
  store: AsyncKeyValue & Pick<CapabilityMethods, "take">,
  { collection = "fastmcp" }: CollectionOptions = {},
): FastMcpTokenStorage {
  requireStore(store, "fastMcpTokenStorage", { strong: true, atomic: true });
  return withoutIds<FastMcpTokenStorage>({
    async save(key, value, ttl) {
      const json = throughJson(value) ?? null;
      if (json === null || (ttl !== undefined && ttl <= 0)) await store.delete(key, { collection });
      else await store.put(key, json, { collection, ttl });
    },
    get: (key) => store.get(key, { collection }),
    take: (key) => store.take(key, { collection }),
    async delete(key) {
      await store.delete(key, { collection });
    },
    async cleanup() {
      if (supports(store, "cull")) await store.cull();
    },
  });
}
