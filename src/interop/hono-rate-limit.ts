import type { Awaitable } from "../core/driver.ts";
import { type RateLimitedOptions, rateLimited } from "../rate-limited.ts";

/** The part of Hono's context that the middleware needs. */
export interface HonoLimitContext {
  readonly req: { readonly raw: Request; header(name: string): string | undefined };
  get res(): Response;
  set res(response: Response | undefined);
}

/** Options of {@link honoRateLimit}. */
export interface HonoRateLimitOptions<Context> extends Omit<RateLimitedOptions, "key" | "cost"> {
  /** Returns whose limit a request counts against, such as a user or an address; `null` for a request without a limit. */
  readonly key: (c: Context) => Awaitable<string | null>;
  /** How much of the limit a request takes, a whole number, or a function that returns it. Default: 1. */
  readonly cost?: number | ((c: Context) => Awaitable<number>) | undefined;
}

/**
 * Makes middleware for Hono that limits how often the handlers behind it run: at most `limit` requests in any window. Each
 * request is one call to the store. It does what `rateLimited` does for plain handlers.
 *
 * The store must have atomic operations: Durable Objects or Redis, or memory in one process.
 *
 * @throws TypeError when an option is of the wrong type.
 * @throws KeyValueError `misconfigured` when the store has no atomic operations.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { honoRateLimit } from "edge-key-value/interop/hono-rate-limit";
 * import { Hono } from "hono";
 *
 * const app = new Hono();
 * const store = memoryStore();
 * app.use(honoRateLimit({ store, limit: 100, window: 60, key: (c) => c.req.header("CF-Connecting-IP") ?? "unknown" }));
 * app.get("/", (c) => c.text("Hello"));
 * ```
 */
export function honoRateLimit<Context extends HonoLimitContext>(
  options: HonoRateLimitOptions<Context>,
): (c: Context, next: () => Promise<void>) => Promise<Response | undefined> {
  const { key, cost } = options;
  const limited = rateLimited(
    async (_request: Request, c: Context, next: () => Promise<void>) => {
      await next();
      return c.res;
    },
    { ...options, key: (_request, c) => key(c), cost: typeof cost === "function" ? (_request, c) => cost(c) : cost },
  );

  return async (c, next) => {
    let passed = false;
    const response = await limited(c.req.raw, c, async () => {
      passed = true;
      await next();
    });
    if (!passed) return response;
    // Hono keeps the headers of a response that is replaced, unless there is none for a moment.
    c.res = undefined;
    c.res = response;
    return undefined;
  };
}
