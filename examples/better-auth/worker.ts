import { betterAuth } from "better-auth";
import { type DurableObjects, durableObjectStore } from "edge-key-value/adapters/durable-object";
import { betterAuthRateLimit, betterAuthStorage } from "edge-key-value/interop/better-auth";

export { KeyValueObject } from "edge-key-value/adapters/key-value-object";

interface Env {
  readonly STORE: DurableObjects;
  readonly USERS: D1Database;
  readonly HOSTS: string;
  readonly AUTH_SECRET: string;
}

function authOf({ STORE, USERS, HOSTS, AUTH_SECRET }: Env) {
  const store = durableObjectStore(STORE);
  return betterAuth({
    baseURL: { allowedHosts: HOSTS.split(",") },
    secret: AUTH_SECRET,
    database: USERS,
    // Sessions, and tokens that are good once.
    secondaryStorage: betterAuthStorage(store),
    session: { expiresIn: 7 * 24 * 60 * 60, updateAge: 60 * 60 },
    rateLimit: { enabled: true, customStorage: betterAuthRateLimit(store) },
    // Where Cloudflare puts the address of the client. Without it all clients share one limit.
    advanced: { ipAddress: { ipAddressHeaders: ["cf-connecting-ip"] } },
    emailAndPassword: {
      enabled: true,
      revokeSessionsOnPasswordReset: true,
      // Send it by your mail provider instead.
      sendResetPassword: async ({ user, token }) => console.log(`Reset token for ${user.email}: ${token}`),
    },
  });
}

const headers = { "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" };

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname } = new URL(request.url);
    const auth = authOf(env);
    if (pathname.startsWith("/api/auth/")) return auth.handler(request);
    if (pathname !== "/") return Response.json({ error: "not found" }, { status: 404, headers });
    const session = await auth.api.getSession({ headers: request.headers });
    return Response.json({ user: session?.user.name ?? null }, { headers });
  },
};
