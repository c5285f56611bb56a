import type { Fetch } from "../../src/adapters/kv/rest-api.ts";

/** The part of a KV namespace that the API stands in front of. */
export interface Namespace {
  getWithMetadata(name: string): Promise<{ value: string | null; metadata: unknown }>;
  put(name: string, value: string, options: { expirationTtl?: number; metadata?: unknown }): Promise<void>;
  delete(name: string): Promise<void>;
  list(options: { prefix?: string; limit?: number; cursor?: string }): Promise<unknown>;
}

export const ACCESS = { accountId: "the account", namespaceId: "the/namespace", apiToken: "secret-token" };

/**
 * Cloudflare's REST API for one namespace, over a namespace with a binding's methods. It refuses what the API refuses:
 * another token, bulks over 100 or 10,000 items, pages of fewer than 10 names. `calls` notes method and path of each request.
 */
export function kvApi(namespace: () => Namespace, calls: string[] = []): Fetch {
  return async (url, init) => {
    const { method = "GET", body } = init;
    const headers = new Headers(init.headers);
    const { origin, pathname, searchParams } = new URL(url);
    const base = "/client/v4/accounts/the%20account/storage/kv/namespaces/the%2Fnamespace";
    if (origin !== "https://api.cloudflare.com" || !pathname.startsWith(`${base}/`))
      return refusal(404, "no namespace");
    if (headers.get("authorization") !== "Bearer secret-token") return refusal(403, "Authentication error");
    const path = `${method} ${pathname.slice(base.length)}`;
    calls.push(path);
    const kv = namespace();
    const items = body === undefined ? undefined : JSON.parse(body as string);
    if (path === "POST /bulk/get") {
      if (items.keys.length > 100 || items.keys.length === 0) return refusal(400, "keys");
      const found = items.keys.map(async (name: string) => {
        const { value, metadata } = await kv.getWithMetadata(name);
        return [name, value === null ? null : { value, metadata }];
      });
      return success({ values: Object.fromEntries(await Promise.all(found)) });
    }
    if (path === "PUT /bulk" || path === "POST /bulk/delete") {
      if (items.length > 10_000 || items.length === 0) return refusal(400, "items");
      for (const item of items) {
        if (typeof item === "string") await kv.delete(item);
        else {
          const { key, value, metadata, expiration_ttl } = item;
          await kv.put(key, value, {
            metadata,
            ...(expiration_ttl !== undefined && { expirationTtl: expiration_ttl }),
          });
        }
      }
      return success({ successful_key_count: items.length, unsuccessful_keys: [] });
    }
    if (path !== "GET /keys") return refusal(405, "method");
    const limit = Number(searchParams.get("limit") ?? 1000);
    if (limit < 10 || limit > 1000) return refusal(400, "limit");
    const cursor = searchParams.get("cursor");
    const options = { prefix: searchParams.get("prefix") ?? "", limit, ...(cursor && { cursor }) };
    const page = (await kv.list(options)) as { keys: unknown[]; list_complete: boolean; cursor?: string };
    return success(page.keys, { count: page.keys.length, cursor: page.list_complete ? "" : page.cursor });
  };
}

function success(result: unknown, result_info?: object): Response {
  return Response.json({ success: true, errors: [], messages: [], result, ...(result_info && { result_info }) });
}

/** What the API replies when it refuses. */
export function refusal(status: number, message: string, headers: Record<string, string> = {}): Response {
  const body = { success: false, errors: [{ code: 10000, message }], messages: [], result: null };
  return Response.json(body, { status, headers });
}
