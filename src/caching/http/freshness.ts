import { seconds } from "../options.ts";
import type { Life } from "../results.ts";
import { httpDate } from "./dates.ts";
import { type Said, saidBy, secondsOf } from "./directives.ts";
import { varyOf } from "./variants.ts";

/** How long responses are kept that do not say it themselves, in seconds, and which headers say it. */
export interface FreshnessOptions {
  readonly ttl?: number | undefined;
  readonly staleWhileRevalidate?: number | undefined;
  readonly staleIfError?: number | undefined;
  readonly validateFor?: number | undefined;
  readonly cacheControl?: readonly string[] | undefined;
}

/** Who may have a stored response: everybody, whoever sends no `Authorization`, or whoever sends no `Cookie` either. */
export type Audience = "all" | "unauthorized" | "anonymous";

/** How a response may be kept. */
export interface Keeping {
  readonly life: Life;
  readonly audience: Audience;
  /** Whether it must not be used when it is stale, whatever a request allows. */
  readonly strict: boolean;
  /** Whether it does not change while it is fresh (RFC 8246). */
  readonly immutable: boolean;
  /** How old it was when it came, in seconds. */
  readonly age: number;
}

/** When a request was sent to the handler and when the response came, in epoch milliseconds. */
export interface Moments {
  readonly sent: number;
  readonly received: number;
}

/** Statuses that may be kept without the response saying so (RFC 9110, 15.1), except partial content and 501. */
const HEURISTIC = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414]);

/**
 * Statuses about this very request: its conditions, its range, its visitor, or the size of its headers. RFC 6585 forbids to store
 * 428, 429 and 431.
 */
const OF_ONE_REQUEST = new Set([206, 304, 412, 416, 428, 429, 431]);

/** How a response may be kept in a cache that many visitors share (RFC 9111, 3); nothing when it must not be. */
export function keepingOf(response: Response, options: FreshnessOptions, moments: Moments): Keeping | undefined {
  const { status, headers } = response;
  const said = saidBy(headers, options.cacheControl ?? []);
  const { directives } = said;
  const has = (...names: string[]) => names.some((name) => directives.has(name));
  if (OF_ONE_REQUEST.has(status) || status < 200 || status >= 500 || !varyOf(headers)) return undefined;
  if (!mayStore(said, status)) return undefined;

  const explicit = lifetimeOf(said, headers, moments);
  // A response that sets a cookie is probably for one visitor, unless it says that it may be kept.
  const isOpen = explicit !== undefined || has("public");
  if (!isOpen && (!HEURISTIC.has(status) || headers.has("set-cookie"))) return undefined;
  const lifetime = explicit ?? options.ttl;
  const isValidated = headers.has("etag") || headers.has("last-modified");
  const mustValidate = has("no-cache");
  if (lifetime === undefined && !(mustValidate && isValidated)) return undefined;

  const age = initialAge(headers, moments);
  const fresh = mustValidate ? 0 : Math.max(0, (lifetime ?? 0) - (explicit === undefined ? 0 : age));
  const strict = has("must-revalidate", "proxy-revalidate") || mustValidate;
  const byDefault = (value: number | undefined): number => (strict || has("s-maxage") ? 0 : (value ?? 0));
  const asked = (name: string): number | undefined => (strict ? undefined : secondsOf(directives, name));
  const life = {
    fresh,
    stale: asked("stale-while-revalidate") ?? byDefault(options.staleWhileRevalidate),
    onError: asked("stale-if-error") ?? byDefault(options.staleIfError),
    ...(isValidated && { validate: options.validateFor ?? VALIDATE_FOR }),
  };
  if (Math.max(life.fresh, life.stale, life.onError, life.validate ?? 0) <= 0) return undefined;

  const forAuthorized = has("public", "s-maxage", "must-revalidate");
  const forCookies = forAuthorized || (explicit ?? 0) > 0;
  const audience = forAuthorized ? "all" : forCookies ? "unauthorized" : "anonymous";
  // `s-maxage` forbids stale responses too, unless the response itself allows them (5.2.2.10).
  const isStrict = strict || (has("s-maxage") && !has("stale-while-revalidate"));
  return { life, audience, strict: isStrict, immutable: has("immutable"), age };
}

/** How a response may be kept whose body came to its end so many seconds after its headers. */
export function agedBy(keeping: Keeping, seconds: number): Keeping {
  const { life, age } = keeping;
  return { ...keeping, life: { ...life, fresh: life.fresh - seconds }, age: age + seconds };
}

/** How long a stale response with a validator is kept to be validated, in seconds. */
const VALIDATE_FOR = 3600;

/** RFC 9111, 3 and 5.2.2.3: `must-understand` replaces `no-store` for those who know the status. */
function mayStore({ directives }: Said, status: number): boolean {
  if (directives.has("private")) return false;
  if (directives.has("must-understand")) return HEURISTIC.has(status);
  return !directives.has("no-store");
}

/** What the response says of its lifetime in seconds (RFC 9111, 4.2.1). */
function lifetimeOf({ directives, targeted }: Said, headers: Headers, { received }: Moments): number | undefined {
  const explicit = secondsOf(directives, "s-maxage") ?? secondsOf(directives, "max-age");
  if (explicit !== undefined || targeted) return explicit;
  const expires = headers.get("expires");
  if (expires === null) return undefined;
  // A date that cannot be read, such as "0", has passed (5.3).
  const end = httpDate(expires, received) ?? 0;
  return Math.max(0, end - (httpDate(headers.get("date"), received) ?? received)) / 1000;
}

/** How old a response was when it came, in seconds (RFC 9111, 4.2.3). */
function initialAge(headers: Headers, { sent, received }: Moments): number {
  const date = httpDate(headers.get("date"), received);
  const apparent = date === undefined ? 0 : Math.max(0, received - date) / 1000;
  const age = ageIn(headers);
  // The age that came along is from the beginning of the request; without one the handler made the response just now.
  const corrected = age === undefined ? 0 : age + Math.max(0, received - sent) / 1000;
  // Dates have whole seconds.
  return Math.max(apparent < 1 ? 0 : apparent, corrected);
}

/** The seconds of the `Age` header (RFC 9111, 5.1): of several the first counts; what is no whole number is ignored. */
function ageIn(headers: Headers): number | undefined {
  const first = (headers.get("age") ?? "").split(",")[0]?.trim() ?? "";
  return /^\d+$/.test(first) ? Math.min(Number(first), 2 ** 31) : undefined;
}

/** Checks the numbers of seconds. */
export function checkFreshness({ ttl, staleWhileRevalidate, staleIfError, validateFor }: FreshnessOptions): void {
  if (ttl !== undefined) seconds("ttl", ttl);
  seconds("staleWhileRevalidate", staleWhileRevalidate ?? 0, true);
  seconds("staleIfError", staleIfError ?? 0, true);
  seconds("validateFor", validateFor ?? 0, true);
}
