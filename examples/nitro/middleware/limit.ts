import { rateLimit, rateLimitHeaders } from "edge-key-value/rate-limit";
import { defineMiddleware } from "nitro";
import { store } from "../lib/store.ts";

/** 30 requests a minute for each address. Behind a proxy, read the header that it sets instead of `ip`. */
export default defineMiddleware(async ({ req, res }) => {
  const result = await rateLimit(store, req.ip ?? "unknown", { limit: 30, window: 60 });
  const headers = rateLimitHeaders(result);
  if (!result.allowed) return Response.json({ error: "too many requests" }, { status: 429, headers });
  for (const [name, value] of Object.entries(headers)) res.headers.set(name, value);
});
