import type { KVNamespace } from "@cloudflare/workers-types";
import { type DurableObjects, durableObjectStore } from "../../../src/adapters/durable-object.ts";
import { workersKVStore } from "../../../src/adapters/workers-kv.ts";
import { type Cached, cached } from "../../../src/cached.ts";
import { type CachedMany, cachedMany } from "../../../src/cached-many.ts";
import { cachedResponse } from "../../../src/cached-response.ts";
import { type AsyncKeyValue, createStore, memoryStore, toDriver } from "../../../src/index.ts";
import { seed } from "../../../src/wrappers/seed.ts";

export { KeyValueObject } from "../../../src/adapters/key-value-object.ts";

interface Env {
  readonly KV: KVNamespace;
  readonly OBJECT: DurableObjects;
  readonly SELF: { fetch(url: URL, init: { signal: AbortSignal }): Promise<Response> };
}

type Slow = Cached<[id: string], { call: number }>;

/** Kept from request to request, as modules of a Worker are. */
let kept: Kept | undefined;
interface Kept {
  readonly slow: Slow;
  readonly leased: Slow;
  readonly many: CachedMany<string, { call: number }>;
  readonly page: Page;
  readonly leasedPage: Page;
  readonly seeded: AsyncKeyValue;
}

const calls: Record<string, number> = {};

/** The function does I/O of the request that called it: a timer. */
async function work(id: string): Promise<{ call: number }> {
  calls[id] = (calls[id] ?? 0) + 1;
  const call = calls[id];
  await new Promise((resolve) => setTimeout(resolve, call === 1 && /alone|dead/.test(id) ? 3000 : 300));
  return { call };
}

type Page = ReturnType<typeof pageOf>;
const pageOf = (store: AsyncKeyValue) =>
  cachedResponse(
    async (request: Request) => {
      const answer = Response.json(await work(request.url), { headers: { "cache-control": "max-age=60" } });
      // The visitor's signal must not reach what others wait for.
      if (request.signal.aborted) throw request.signal.reason;
      return answer;
    },
    { store },
  );

/** A store whose first read takes so long that the request that makes it can be cancelled. */
function slowStart(): AsyncKeyValue {
  const driver = toDriver(memoryStore());
  let reads = 0;
  const read: typeof driver.read = async (...args) => {
    if (++reads === 1) await new Promise((resolve) => setTimeout(resolve, 5000));
    return driver.read(...args);
  };
  return createStore({ ...driver, read });
}

/** Answers with a body that it has compressed itself, or that the runtime is to compress. */
const gzipPage = cachedResponse(
  async (request: Request) => {
    const isByHand = new URL(request.url).searchParams.has("manual");
    const text = new Response(`made at ${++madePages}`).body as ReadableStream;
    const headers = { "content-encoding": "gzip", "cache-control": "max-age=60" };
    if (!isByHand) return new Response(text, { headers });
    const compressed = text.pipeThrough(new CompressionStream("gzip"));
    return new Response(compressed, { headers, encodeBody: "manual" } as ResponseInit);
  },
  { store: memoryStore() },
);
let madePages = 0;

const make = ({ KV, OBJECT }: Env): Kept => {
  const object = durableObjectStore(OBJECT);
  return {
    slow: cached(workersKVStore(KV), work, { key: (id) => id, ttl: 60 }),
    leased: cached(object, work, { key: (id) => id, ttl: 60 }),
    many: cachedMany(workersKVStore(KV), async (ids: readonly string[]) => Promise.all(ids.map(work)), {
      key: (id) => `many:${id}`,
      ttl: 60,
    }),
    page: pageOf(workersKVStore(KV)),
    leasedPage: pageOf(object),
    seeded: seed(slowStart(), { default_collection: { k: "planted" } }),
  };
};

export default {
  async fetch(request: Request, env: Env, ctx: { waitUntil(work: Promise<unknown>): void }): Promise<Response> {
    kept ??= make(env);
    const { slow, leased, many, page, leasedPage, seeded } = kept;
    const { pathname, searchParams } = new URL(request.url);
    const id = searchParams.get("id") ?? "";
    const here = slow.with(ctx);
    if (pathname === "/leave") {
      const target = new URL(searchParams.get("path") ?? "", request.url);
      const signal = AbortSignal.timeout(Number(searchParams.get("after")));
      return Response.json(await env.SELF.fetch(target, { signal }).then(String, (error) => error.name));
    }
    if (pathname === "/calls") return Response.json(calls[id] ?? 0);
    if (pathname === "/alone") return Response.json(await slow(id));
    if (pathname === "/leased") return Response.json(await leased.with(ctx)(id));
    if (pathname === "/leased-alone") return Response.json(await leased(id));
    if (pathname === "/many") return Response.json(await many.with(ctx)(id.split(",")));
    if (pathname === "/many-alone") return Response.json(await many(id.split(",")));
    if (pathname === "/page") return page.with(ctx)(request);
    if (pathname === "/leased-page") return leasedPage.with(ctx)(request);
    if (pathname === "/gzip") return gzipPage.with(ctx)(request);
    if (pathname === "/seeded") return Response.json(await seeded.get("k"));
    return Response.json(await Promise.all(Array.from({ length: 20 }, () => here(id))));
  },
};
