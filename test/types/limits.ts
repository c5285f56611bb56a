/** The bridges for limits and idempotency fit the real packages. Checked by the compiler, never run. */
import type { StorageAdapter } from "@node-idempotency/storage";
import { type Store as ExpressStore, rateLimit } from "express-rate-limit";
import { type Context, Hono } from "hono";
import { rateLimiter } from "hono-rate-limiter";
import { idempotent } from "../../src/idempotent.ts";
import { type AsyncKeyValue, memoryStore } from "../../src/index.ts";
import { expressRateLimitStore } from "../../src/interop/express-rate-limit.ts";
import { honoIdempotencyStore } from "../../src/interop/hono-idempotency.ts";
import { honoRateLimit } from "../../src/interop/hono-rate-limit.ts";
import { honoRateLimiterStore } from "../../src/interop/hono-rate-limiter.ts";
import { nodeIdempotencyStorage } from "../../src/interop/node-idempotency.ts";
import { rateLimited } from "../../src/rate-limited.ts";

declare const anyStore: AsyncKeyValue;

expressRateLimitStore(memoryStore()) satisfies ExpressStore;
rateLimit({ store: expressRateLimitStore(memoryStore()) });
rateLimiter({ keyGenerator: () => "", store: honoRateLimiterStore(memoryStore()) });
nodeIdempotencyStorage(memoryStore()) satisfies StorageAdapter;

interface Env {
  Variables: { user: { id: string } };
}

new Hono<Env>()
  .use(honoRateLimit({ store: memoryStore(), limit: 1, window: 1, key: (c: Context<Env>) => c.var.user.id }))
  .use("/a", honoRateLimit({ store: memoryStore(), limit: 1, window: 1, key: (c) => c.req.header("x") ?? null }));

const handler = async (_request: Request, env: { user: string }) => new Response(env.user);
const options = { store: memoryStore(), limit: 1, window: 1 };
rateLimited(handler, { ...options, key: (_, env) => env.user })(new Request(""), { user: "ann" });
// @ts-expect-error: the handler takes no number
rateLimited(handler, { ...options, key: (_, env) => env.user })(new Request(""), 7);

idempotent(handler, { store: memoryStore(), scope: (_, env) => env.user })(new Request(""), { user: "ann" });
// @ts-expect-error: the handler needs its environment
idempotent(handler, { store: memoryStore() })(new Request(""));

// @ts-expect-error: a store without atomic operations cannot count
expressRateLimitStore(anyStore);
// @ts-expect-error: a store without atomic operations cannot count
honoRateLimiterStore(anyStore);
// @ts-expect-error: a store without atomic operations cannot count
rateLimited(handler, { ...options, store: anyStore, key: () => null });
// @ts-expect-error: a store without atomic operations cannot claim a key
honoIdempotencyStore(anyStore);
// @ts-expect-error: a store without atomic operations cannot claim a key
nodeIdempotencyStorage(anyStore);
