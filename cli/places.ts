import { pathOf, urlOf } from "./addresses.ts";
import { filePlace } from "./file.ts";
import type { Destination, Origin } from "./place.ts";
import { redisPlace, upstashPlace } from "./stores.ts";
import { UsageError } from "./usage-error.ts";

/** Opens the address in `--from` or `--to`. `side` says which, for the name of the variable with the token. */
export function placeOf(address: string, side: "from" | "to", prefix: string): Origin & Destination {
  if (address === "-") return filePlace("-");
  if (address.startsWith("file:")) return filePlace(pathOf(address));
  const url = urlOf(address, `--${side}`);
  const scheme = url?.protocol.slice(0, -1) ?? "";
  if (url && ["redis", "rediss"].includes(scheme)) return redisPlace(url, prefix);
  if (url && ["upstash+https", "upstash+http"].includes(scheme)) {
    const token = decodeURIComponent(url.password || url.username) || tokenFrom(side);
    if (token) return upstashPlace(url, token, prefix);
    throw new UsageError(`--${side} needs a token: set UPSTASH_REDIS_REST_TOKEN`);
  }
  // The address may contain a secret, so do not show it.
  const known = "redis://…, rediss://…, upstash+https://…, file:path or -";
  throw new UsageError(`--${side} must be ${known}${scheme ? `, not ${scheme}:…` : ""}`);
}

/** A token for this side has precedence over the one that Upstash's own tools use. */
function tokenFrom(side: "from" | "to"): string | undefined {
  return process.env[`UPSTASH_REDIS_REST_TOKEN_${side.toUpperCase()}`] || process.env.UPSTASH_REDIS_REST_TOKEN;
}
