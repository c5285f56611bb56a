import { pathOf } from "./addresses.ts";
import type { Use } from "./backends/backend.ts";
import { openBackend, sqlitePathOf } from "./backends/open.ts";
import { filePlace } from "./file.ts";
import type { Destination, Origin } from "./place.ts";
import { storePlace } from "./store-place.ts";

/** Opens the address in `--from` or `--to`. `side` says which, for the name of the variable with the token. */
export async function placeOf(
  address: string,
  side: "from" | "to",
  keyPrefix: string,
  use: Use,
): Promise<Origin & Destination> {
  // A token for this side has precedence over the one that Upstash's own tools use.
  const tokens = [`UPSTASH_REDIS_REST_TOKEN_${side.toUpperCase()}`, "UPSTASH_REDIS_REST_TOKEN"];
  const backend = await openBackend(address, `--${side}`, tokens, { keyPrefix, use });
  if (!backend) return filePlace(address === "-" ? "-" : pathOf(address));
  return { ...storePlace(backend, keyPrefix), path: sqlitePathOf(address) };
}
