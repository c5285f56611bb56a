import { refuse } from "../../core/checks.ts";
import type { Awaitable } from "../../core/driver.ts";
import { fitting, sha256 } from "../digest.ts";

/** Makes keys of requests. The method is always a part: the answer to a HEAD is no answer to a GET. */
export function keysOf<Args extends readonly unknown[]>(
  custom: ((request: Request, ...args: Args) => Awaitable<string>) | undefined,
): (request: Request, args: Args) => Promise<string> {
  return async (request, args) => {
    const key: unknown = custom ? await custom(request, ...args) : await defaultKey(request);
    if (typeof key !== "string") refuse("key", "a function that returns a string");
    return `${request.method} ${await fitting(key)}`;
  };
}

/** The URL without its fragment, and a digest of the body where there is one. */
async function defaultKey(request: Request): Promise<string> {
  const url = request.url.replace(/#.*/s, "");
  return request.body ? `${url} ${await sha256(await request.clone().arrayBuffer())}` : url;
}

/** Methods that change nothing (RFC 9110, 9.2.1). */
const SAFE = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

/**
 * The URLs whose stored responses a request has changed: its own, and those of `Location` and `Content-Location` of the
 * same origin (RFC 9111, 4.4). None where the method is safe, or where the request failed.
 */
export function changedUrls({ method, url }: Request, { status, headers }: Response): readonly string[] {
  if (SAFE.has(method) || status >= 400) return [];
  const named = [headers.get("location"), headers.get("content-location")].flatMap((place) => {
    const target = place !== null && URL.canParse(place, url) ? new URL(place, url) : undefined;
    return target?.origin === new URL(url).origin ? [target.href] : [];
  });
  return [...new Set([url, ...named])];
}
