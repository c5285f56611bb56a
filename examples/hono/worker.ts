import { env } from "cloudflare:workers";
import { type SessionEnv, useSession } from "@hono/session";
import { KeyValueError } from "edge-key-value";
import { durableObjectStore } from "edge-key-value/adapters/durable-object";
import type { KeyValueObject } from "edge-key-value/adapters/key-value-object";
import { idempotent } from "edge-key-value/idempotent";
import { honoRateLimit } from "edge-key-value/interop/hono-rate-limit";
import { endSession, honoSessionStorage, rotateSession } from "edge-key-value/interop/hono-session";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { getCookie, setCookie } from "hono/cookie";
import { csrf } from "hono/csrf";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";
import { timingSafeEqual } from "hono/utils/buffer";

export { KeyValueObject } from "edge-key-value/adapters/key-value-object";

declare global {
  namespace Cloudflare {
    interface Env {
      readonly STORE: DurableObjectNamespace<KeyValueObject>;
      readonly AUTH_SECRET: string;
      readonly PASSWORD: string;
    }
  }
}

interface Session extends Record<string, unknown> {
  readonly user: string;
}

const store = durableObjectStore(env.STORE);
const app = new Hono<SessionEnv<Session>>();

app.use(
  secureHeaders({ contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } }),
  csrf(),
  bodyLimit({ maxSize: 16_384 }),
  // Signed out after half an hour without a visit, and after a day in any case.
  honoSessionStorage(store, { ttl: 30 * 60 }),
  useSession<Session>({
    secret: env.AUTH_SECRET,
    duration: { absolute: 24 * 60 * 60 },
    setCookie: (c, name, value, options) => setCookie(c, name, value, { ...options, secure: true }),
  }),
);

app.get("/", async (c) => {
  // Reading a session sends a cookie. A visitor who never signed in needs none.
  const session = getCookie(c, "sid") ? await c.var.session.get() : null;
  return c.json({ user: session?.user ?? null }, 200, { "cache-control": "no-store" });
});

// Five attempts a minute, counted in one place for all data centres.
const fewAttempts = honoRateLimit({
  store,
  limit: 5,
  window: 60,
  key: (c) => c.req.header("CF-Connecting-IP") ?? "unknown",
});

app.post("/sign-in", fewAttempts, async (c) => {
  const { user, password } = await fields(c.req.raw);
  if (!isText(user, 40) || !isText(password, 200))
    throw new HTTPException(400, { message: "user and password needed" });
  if (!(await timingSafeEqual(password, env.PASSWORD))) throw new HTTPException(401, { message: "wrong password" });
  await rotateSession(c, { user });
  return c.body(null, 204);
});

app.post("/sign-out", async (c) => {
  await endSession(c);
  return c.body(null, 204);
});

/** Runs once for each `Idempotency-Key` of a user, however often the request is sent. */
const placeOrder = idempotent(
  async (request: Request, user: string) => {
    const { item } = await fields(request);
    if (!isText(item, 100)) return Response.json({ error: "item needed" }, { status: 400 });
    const order = await store.increment("orders", 1, { collection: "counters" });
    await store.put(`${user}/${order}`, { item }, { collection: "orders" });
    return Response.json({ order, item }, { status: 201 });
  },
  { store, required: true, scope: (_request, user) => user },
);

app.post("/orders", async (c) => {
  const session = await c.var.session.get();
  if (!session) throw new HTTPException(401, { message: "sign in first" });
  return placeOrder.with(c.executionCtx)(c.req.raw, session.user);
});

app.notFound((c) => c.json({ error: "not found" }, 404));

app.onError((error, c) => {
  if (error instanceof HTTPException) return c.json({ error: error.message || "refused" }, error.status);
  console.error(error);
  const outOfOrder = error instanceof KeyValueError;
  return c.json({ error: outOfOrder ? "try again in a moment" : "something went wrong" }, outOfOrder ? 503 : 500);
});

export default app;

/** The fields of a JSON object. Anything else has none. */
async function fields(request: Request): Promise<Record<string, unknown>> {
  const body: unknown = await request.json().catch(() => null);
  return body !== null && typeof body === "object" ? { ...body } : {};
}

function isText(value: unknown, longest: number): value is string {
  return typeof value === "string" && value !== "" && value.length <= longest;
}
