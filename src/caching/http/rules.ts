import { seconds } from "../options.ts";
import type { Life } from "../results.ts";

/** For how long responses are kept that do not say it themselves, in seconds. */
export interface ResponseTimes {
  readonly ttl?: number | undefined;
  readonly staleWhileRevalidate?: number | undefined;
  readonly staleIfError?: number | undefined;
}

/** The directives of a `Cache-Control` header, by lower-case name; without a value they are "". */
export type Directives = ReadonlyMap<string, string>;

/** Statuses that may be kept without the response saying so (RFC 9110, 15.1), but for partial content. */
const KEPT_BY_DEFAULT = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414]);

/** Headers that are about one connection, and cookies, which are for one visitor. */
const NOT_KEPT = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-authorization",
  "proxy-connection",
  "set-cookie",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

export function directivesOf(headers: Headers): Directives {
  const directives = new Map<string, string>();
  // A quoted value may have commas in it.
  for (const [, name, quoted, plain] of (headers.get("cache-control") ?? "").matchAll(
    /([\w-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]*)))?/g,
  )) {
    // Of one that is repeated the first counts.
    const lower = (name as string).toLowerCase();
    if (!directives.has(lower)) directives.set(lower, quoted ?? plain ?? "");
  }
  return directives;
}

/** The seconds that a directive gives; one that is no number counts as 0, as RFC 9111 advises. */
export function secondsOf(directives: Directives, name: string): number | undefined {
  const value = directives.get(name);
  return value === undefined ? undefined : /^\d+$/.test(value) ? Math.min(Number(value), 2 ** 31) : 0;
}

/** How long a response lives in a cache that many visitors share; nothing when it must not be kept. */
export function lifeOf({ status, headers }: Response, times: ResponseTimes): Life | undefined {
  const directives = directivesOf(headers);
  const says = (name: string) => secondsOf(directives, name);
  if (["no-store", "private", "no-cache"].some((name) => directives.has(name))) return undefined;
  if (status === 206 || status === 304 || status < 200 || status >= 500 || varyOf(headers)?.includes("*")) {
    return undefined;
  }
  const explicit = says("s-maxage") ?? says("max-age") ?? untilExpires(headers);
  // What sets a cookie is likely to be for one visitor, unless it says that it may be kept.
  const asked = explicit !== undefined || directives.has("public");
  if (!asked && (!KEPT_BY_DEFAULT.has(status) || headers.has("set-cookie"))) return undefined;
  const fresh = explicit === undefined ? times.ttl : Math.max(0, explicit - ageOf(headers));
  if (fresh === undefined) return undefined;
  const strict = ["must-revalidate", "proxy-revalidate", "s-maxage"].some((name) => directives.has(name));
  const stale = says("stale-while-revalidate") ?? (strict ? 0 : (times.staleWhileRevalidate ?? 0));
  const onError = says("stale-if-error") ?? (strict ? 0 : (times.staleIfError ?? 0));
  const forbidden = directives.has("must-revalidate") || directives.has("proxy-revalidate");
  const life = forbidden ? { fresh, stale: 0, onError: 0 } : { fresh, stale, onError };
  return Math.max(life.fresh, life.stale, life.onError) > 0 ? life : undefined;
}

/** The request headers that a response depends on, lower-case and in order; nothing when it depends on none. */
export function varyOf(headers: Headers): string[] | undefined {
  const names = (headers.get("vary") ?? "").split(",").map((name) => name.trim().toLowerCase());
  const unique = [...new Set(names.filter((name) => name !== ""))].sort();
  return unique.length > 0 ? unique : undefined;
}

/** How old a response was already when it came, in seconds. */
export function ageOf(headers: Headers): number {
  const age = Number(headers.get("age") ?? 0);
  return age >= 0 && Number.isFinite(age) ? age : 0;
}

/** The headers that are kept. */
export function keptHeaders(headers: Headers): [name: string, value: string][] {
  const named = (headers.get("connection") ?? "").split(",").map((name) => name.trim().toLowerCase());
  return [...headers].filter(([name]) => !NOT_KEPT.has(name) && !named.includes(name));
}

/** Whether a request has the response already, by its tag or else by its date (RFC 9110, 13.2.2). */
export function isUnchanged(request: Headers, { status, headers }: Response): boolean {
  if (status !== 200) return false;
  const tags = request.get("if-none-match");
  if (tags !== null) {
    const tag = headers.get("etag")?.replace(/^W\//, "");
    return tags.trim() === "*" || (tag !== undefined && [...tags.matchAll(/"[^"]*"/g)].some(([one]) => one === tag));
  }
  const since = Date.parse(request.get("if-modified-since") ?? "");
  return Date.parse(headers.get("last-modified") ?? "") <= since;
}

/** Checks the numbers of seconds. */
export function checkTimes({ ttl, staleWhileRevalidate, staleIfError }: ResponseTimes): void {
  if (ttl !== undefined) seconds("ttl", ttl);
  seconds("staleWhileRevalidate", staleWhileRevalidate ?? 0, true);
  seconds("staleIfError", staleIfError ?? 0, true);
}

function untilExpires(headers: Headers): number | undefined {
  const expires = headers.get("expires");
  if (expires === null) return undefined;
  // A date that cannot be read, such as "0", is one that has passed.
  const from = Date.parse(headers.get("date") ?? "") || Date.now();
  return Math.max(0, (Date.parse(expires) - from) / 1000 || 0);
}
