import type { Result } from "../results.ts";
import { type Directives, directivesIn, secondsOf } from "./directives.ts";
import type { Audience } from "./freshness.ts";
import type { ResponseRecord } from "./records.ts";

/** What a request asks of a cache (RFC 9111, 5.2.1). */
export interface RequestDirectives {
  /** Neither a stored response nor to be stored. */
  readonly noStore: boolean;
  readonly onlyIfCached: boolean;
  /** Whether it is particular about the age of a stored response. */
  readonly isParticular: boolean;
  /** Whether to accept a response that was stored before the request. */
  judge(result: Result, record: ResponseRecord | undefined): "hit" | "stale" | undefined;
}

export function requestDirectives({ headers }: Request): RequestDirectives {
  const directives = directivesIn(headers.get("cache-control"));
  // `Pragma` only counts where there is no `Cache-Control` (5.4).
  const noCache =
    directives.has("no-cache") || (directives.size === 0 && /\bno-cache\b/i.test(headers.get("pragma") ?? ""));
  const names = ["max-age", "min-fresh", "max-stale"];
  return {
    noStore: directives.has("no-store"),
    onlyIfCached: directives.has("only-if-cached"),
    isParticular: noCache || names.some((name) => directives.has(name)),
    judge: (result, record) => (noCache ? undefined : judged(directives, result, record)),
  };
}

function judged(
  directives: Directives,
  { at, fresh, stale }: Result,
  record: ResponseRecord | undefined,
): "hit" | "stale" | undefined {
  const now = Date.now();
  const left = (fresh - now) / 1000;
  const age = (record?.age ?? 0) + Math.max(0, now - at) / 1000;
  const maxAge = secondsOf(directives, "max-age");
  // A page that never changes while it is fresh need not be asked for again by a reload (RFC 8246, 2).
  if (maxAge !== undefined && age > maxAge && !(record?.immutable && left > 0)) return undefined;
  const minFresh = secondsOf(directives, "min-fresh");
  if (minFresh !== undefined && left < minFresh) return undefined;
  if (left > 0) return "hit";
  const maxStale = directives.get("max-stale") === "" ? Number.POSITIVE_INFINITY : secondsOf(directives, "max-stale");
  const allowed = maxStale !== undefined && !record?.strict && -left <= maxStale;
  return allowed || now < stale ? "stale" : undefined;
}

/** Who a request is for: a response that was made for it must not reach anybody else, unless it says so. */
export type Visitor = "anonymous" | "cookie" | "authorized";

/** Tells visitors apart by the headers that are given. */
export function visitorOf({ headers }: Request, personal: readonly string[]): Visitor {
  const sent = personal.filter((name) => headers.has(name)).map((name) => name.toLowerCase());
  return sent.length === 0 ? "anonymous" : sent.every((name) => name === "cookie") ? "cookie" : "authorized";
}

/** Whether a visitor may have what is for an audience (RFC 9111, 3.5), and whether what is made for it may be stored. */
export function mayHave(visitor: Visitor, audience: Audience = "all"): boolean {
  if (visitor === "anonymous") return true;
  return audience === "all" || (visitor === "cookie" && audience === "unauthorized");
}
