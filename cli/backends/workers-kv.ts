import { workersKVRestStore } from "../../src/adapters/workers-kv-rest.ts";
import { toDriver } from "../../src/index.ts";
import { UsageError } from "../usage-error.ts";
import { type Backend, type OpenOptions, withoutSecrets } from "./backend.ts";

/** A namespace of Workers KV by Cloudflare's API, with the token in the environment. */
export function openWorkersKV(url: URL, option: string, { keyPrefix }: OpenOptions): Backend {
  const [accountId, namespaceId, ...more] = [url.host, ...url.pathname.split("/").slice(1)].map(decodeURIComponent);
  if (!accountId || !namespaceId || more.length > 0) {
    throw new UsageError(`${option} needs an account and a namespace: workers-kv://account-id/namespace-id`);
  }
  const { CLOUDFLARE_API_TOKEN: apiToken } = process.env;
  if (!apiToken) throw new UsageError(`${option} needs a token: set CLOUDFLARE_API_TOKEN`);
  const endpoint = url.searchParams.get("endpoint") ?? "https://api.cloudflare.com";
  const store = workersKVRestStore({
    accountId,
    namespaceId,
    apiToken,
    ...(keyPrefix !== "" && { keyPrefix }),
    fetch: (target, init) => fetch(target.replace("https://api.cloudflare.com", endpoint), init),
  });
  return { label: withoutSecrets(url), driver: toDriver(store), close: async () => {} };
}
