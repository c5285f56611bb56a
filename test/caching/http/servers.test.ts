import { describe, expect, it } from "#test";
import { invalidateTags } from "../../../src/cache-tags.ts";
import { type CachedResponseOptions, cachedResponse } from "../../../src/cached-response.ts";
import { memoryStore } from "../../../src/index.ts";

interface Server {
  readonly url: string;
  stop(): Promise<unknown>;
}

type Handler = (request: Request) => Promise<Response>;

interface Runtime {
  readonly Deno?: {
    serve(options: object, handler: Handler): { readonly addr: { readonly port: number }; shutdown(): Promise<void> };
  };
  readonly Bun?: { serve(options: object): { readonly port: number; stop(closing: boolean): Promise<void> } };
}

/** The runtime's own server, which may close a request once its response is sent. Node and workerd have none here. */
function serve(handler: Handler): Server | undefined {
  const { Deno, Bun } = globalThis as Runtime;
  if (Deno) {
    const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, handler);
    return { url: `http://127.0.0.1:${server.addr.port}/`, stop: () => server.shutdown() };
  }
  if (!Bun) return undefined;
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: handler });
  return { url: `http://127.0.0.1:${server.port}/`, stop: () => server.stop(true) };
}

/** Gives the body a visitor who sends requests to a cached page, and what its handler makes. */
async function withPage(
  options: Partial<CachedResponseOptions<[]>>,
  body: (visit: (init?: RequestInit) => Promise<string>, made: () => Promise<number>) => Promise<void>,
): Promise<void> {
  const waiting: { resolve(count: number): void; reject(error: unknown): void }[] = [];
  let count = 0;
  const page = cachedResponse(
    async (request: Request) => {
      const text = `${++count} ${request.method} ${request.headers.get("x-name")} ${await request.text()}`;
      for (const { resolve } of waiting.splice(0)) resolve(count);
      return new Response(text.trim(), { headers: { vary: "x-name", "cache-tag": "page" } });
    },
    {
      store: memoryStore(),
      ttl: 0.05,
      staleWhileRevalidate: 600,
      maxBytes: 2_000_000,
      onError(error) {
        for (const { reject } of waiting.splice(0)) reject(error);
      },
      ...options,
    },
  );
  const server = serve(page);
  const visit = async (init: RequestInit = {}) => {
    const request = new Request(server?.url ?? "http://127.0.0.1/", { ...init, headers: { "x-name": "ann" } });
    return (await (server ? fetch(request) : page(request))).text();
  };
  try {
    await body(visit, () => new Promise((resolve, reject) => waiting.push({ resolve, reject })));
  } finally {
    await server?.stop();
  }
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe("cachedResponse behind the runtime's own server", () => {
  it("makes a new response after the old one was sent", () =>
    withPage({}, async (visit, made) => {
      expect(await visit()).toBe("1 GET ann");
      await pause(60);
      const second = made();
      expect(await visit()).toBe("1 GET ann");
      expect(await second).toBe(2);
    }));

  it("makes a new response to a request with a body after the old one was sent", () =>
    withPage({ methods: ["POST"] }, async (visit, made) => {
      const init = { method: "POST", body: "query" };
      expect(await visit(init)).toBe("1 POST ann query");
      await pause(60);
      const second = made();
      expect(await visit(init)).toBe("1 POST ann query");
      expect(await second).toBe(2);
    }));

  it("makes a new response to a long request that no key was made of", () =>
    withPage({ methods: ["POST"], key: ({ url }) => url }, async (visit, made) => {
      const body = "query".repeat(200_000);
      const init = { method: "POST", body };
      expect(await visit(init)).toBe(`1 POST ann ${body}`);
      await pause(60);
      const second = made();
      expect(await visit(init)).toBe(`1 POST ann ${body}`);
      expect(await second).toBe(2);
    }));

  it("makes a new response after a soft invalidation", () => {
    const store = memoryStore();
    return withPage({ store, ttl: 600 }, async (visit, made) => {
      expect(await visit()).toBe("1 GET ann");
      await invalidateTags(store, ["page"], { soft: true });
      const second = made();
      expect(await visit()).toBe("1 GET ann");
      expect(await second).toBe(2);
    });
  });
});
