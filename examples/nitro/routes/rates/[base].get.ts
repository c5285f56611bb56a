import { toOcacheStorage } from "edge-key-value/interop/ocache";
import { defineHandler, HTTPError } from "nitro";
import { defineCachedFunction } from "nitro/cache";
import { store } from "../../lib/store.ts";

const { RATES_API = "https://api.frankfurter.dev/v1" } = process.env;

async function fetchRates(base: string): Promise<{ base: string; rates: Record<string, number> | null }> {
  const response = await fetch(`${RATES_API}/latest?base=${base}`, { signal: AbortSignal.timeout(10_000) });
  if (response.status === 404) return { base, rates: null };
  if (!response.ok) throw new HTTPError({ status: 502, message: "the exchange rates are not available" });
  const { rates } = (await response.json()) as { rates: Record<string, number> };
  return { base, rates };
}

const ratesOf = defineCachedFunction(fetchRates, {
  storage: toOcacheStorage(store),
  name: "rates",
  getKey: (base: string) => base,
  maxAge: 60,
  // For ten more minutes, return them at once and fetch new ones in the background.
  staleMaxAge: 600,
});

export default defineHandler(async (event) => {
  const base = event.context.params?.base ?? "";
  if (!/^[A-Z]{3}$/.test(base)) throw new HTTPError({ status: 400, message: "a currency has three capital letters" });
  const { rates } = await ratesOf(base);
  if (!rates) throw new HTTPError({ status: 404, message: "no such currency" });
  return rates;
});
