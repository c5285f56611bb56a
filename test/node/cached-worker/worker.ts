import type { KVNamespace } from "@cloudflare/workers-types";
import { workersKVStore } from "../../../src/adapters/workers-kv.ts";
import { type Cached, cached } from "../../../src/cached.ts";
import { cachedResponse } from "../../../src/cached-response.ts";

interface Env {
  readonly KV: KVNamespace;
}

/** Kept from request to request, as modules of a Worker are. */
let slow: Cached<[id: string], { call: number }> | undefined;
let page: ReturnType<typeof pageOf> | undefined;
const calls: Record<string, number> = {};

/** The function does I/O of the request that called it: a timer. */
async function work(id: string): Promise<{ call: number }> {
  calls[id] = (calls[id] ?? 0) + 1;
  const call = calls[id];
  await new Promise((resolve) => setTimeout(resolve, 300));
  return { call };
}

const pageOf = ({ KV }: Env) =>
  cachedResponse(
    async (request: Request) => Response.json(await work(request.url), { headers: { "cache-control": "max-age=60" } }),
    { store: workersKVStore(KV) },
  );

export default {
  async fetch(request: Request, env: Env, ctx: { waitUntil(work: Promise<unknown>): void }): Promise<Response> {
    slow ??= cached(workersKVStore(env.KV), work, { key: (id) => id, ttl: 60 });
    page ??= pageOf(env);
    const { pathname, searchParams } = new URL(request.url);
    const id = searchParams.get("id") ?? "";
    const here = slow.with(ctx);
    if (pathname === "/calls") return Response.json(calls[id] ?? 0);
    if (pathname === "/alone") return Response.json(await slow(id));
    if (pathname === "/page") return page.with(ctx)(request);
    return Response.json(await Promise.all(Array.from({ length: 20 }, () => here(id))));
  },
};
