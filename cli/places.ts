import { filePlace } from "./file.ts";
import { type Destination, type Origin, UsageError } from "./place.ts";
import { redisPlace, upstashPlace } from "./stores.ts";

/** Opens what `--from` or `--to` says; `side` is which of them, for the name of the variable with its token. */
export function placeOf(address: string, side: "from" | "to", prefix: string): Origin & Destination {
  if (address === "-") return filePlace("-");
  if (address.startsWith("file:")) return filePlace(pathOf(address));
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const scheme = url?.protocol.slice(0, -1) ?? "";
  if (url && ["redis", "rediss"].includes(scheme)) return redisPlace(url, prefix);
  if (url && ["upstash+https", "upstash+http"].includes(scheme)) {
    const token = decodeURIComponent(url.password || url.username) || tokenFrom(side);
    if (token) return upstashPlace(url, token, prefix);
    throw new UsageError(`--${side} needs a token: set UPSTASH_REDIS_REST_TOKEN`);
  }
  // The address may hold a secret, so it is not shown.
  const known = "redis://…, rediss://…, upstash+https://…, file:path or -";
  throw new UsageError(`--${side} must be ${known}${scheme ? `, not ${scheme}:…` : ""}`);
}

function pathOf(address: string): string {
  const path = address.slice("file:".length).replace(/^\/\/(?=\/)/, "");
  if (path === "" || path.startsWith("//")) throw new UsageError("a file is file:dump.ndjson or file:/tmp/dump.ndjson");
  return path;
}

/** One for this side goes before the one that Upstash's own tools use. */
function tokenFrom(side: "from" | "to"): string | undefined {
  return process.env[`UPSTASH_REDIS_REST_TOKEN_${side.toUpperCase()}`] || process.env.UPSTASH_REDIS_REST_TOKEN;
}
