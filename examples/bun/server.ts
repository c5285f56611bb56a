import { sqliteStore } from "edge-key-value/adapters/sqlite";
import { cached } from "edge-key-value/cached";
import { rateLimited } from "edge-key-value/rate-limited";

const { DATABASE = "data.db", RATES_API = "https://api.frankfurter.dev/v1" } = process.env;

const store = sqliteStore(DATABASE);
// Reads never return what has expired. This also frees the space.
setInterval(() => store.cull().catch(console.error), 60 * 60 * 1000).unref();

/** Returns `null` for a currency that the upstream does not know. */
async function fetchRates(base: string): Promise<Record<string, number> | null> {
  const response = await fetch(`${RATES_API}/latest?base=${base}`, { signal: AbortSignal.timeout(10_000) });
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`the exchange rates API returned ${response.status}`);
  const { rates } = (await response.json()) as { rates: Record<string, number> };
  return rates;
}

const ratesOf = cached(store, fetchRates, {
  key: (base) => base,
  collection: "rates",
  ttl: 60,
  negativeTtl: 10,
  staleWhileRevalidate: 600, // for ten more minutes, return them at once and fetch new ones in the background
  staleIfError: 86_400, // for a day, return them if the upstream is down
  onError: (error) => console.error(error),
});

async function rates(request: Request, _server: Bun.Server<undefined>): Promise<Response> {
  const base = new URL(request.url).pathname.slice("/rates/".length);
  if (!/^[A-Z]{3}$/.test(base)) return problem(400, "a currency has three capital letters");
  const { value, from } = await ratesOf.withInfo(base);
  if (value === null) return problem(404, "no such currency");
  return Response.json(value, { headers: { ...security, "X-Cache": from } });
}

const security = { "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'" };

function problem(status: number, error: string): Response {
  return Response.json({ error }, { status, headers: security });
}

const server = Bun.serve({
  routes: {
    "/rates/*": {
      GET: rateLimited(rates, {
        store,
        limit: 20,
        window: 60,
        // Behind a proxy this is the proxy: read the header that it sets instead.
        key: (request, server) => server.requestIP(request)?.address ?? "unknown",
      }),
    },
  },
  fetch: () => problem(404, "not found"),
  error(failure) {
    console.error(failure);
    return problem(502, "the exchange rates are not available");
  },
});
console.log(`Listening on ${server.url}`);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, async () => {
    await server.stop();
    await store[Symbol.asyncDispose]();
    process.exit(0);
  });
}
