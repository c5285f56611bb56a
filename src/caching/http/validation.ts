import { httpDate } from "./dates.ts";
import type { ResponseRecord } from "./records.ts";

/** What makes a response one to this request alone. */
const CONDITIONS = ["if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "if-range", "range"];

/**
 * A request that can still be read when its response has been sent: then Deno's server closes the one that it passes in, and
 * servers stop reading the body. So a body is read to its end for an old response, which is sent before the handler is asked.
 */
export async function lasting(request: Request, old: object | undefined): Promise<Request> {
  if (!request.body) return request.clone() as Request;
  if (!old) return request;
  const copy = request.clone() as Request;
  // Reading one branch of a body keeps what it reads for the other.
  await (request.clone() as Request).arrayBuffer();
  return copy;
}

/** The request for the handler: for the whole response, or whether the stored one is still right (RFC 9111, 4.3.1). */
export function askingFor(request: Request, stored: ResponseRecord | undefined, signal: AbortSignal): Request {
  const asking = new Request(request, { signal });
  for (const name of CONDITIONS) asking.headers.delete(name);
  const stale = new Headers(stored?.headers.filter(isValidator) as HeadersInit);
  const [tag, modified] = [stale.get("etag"), stale.get("last-modified")];
  if (tag) asking.headers.set("if-none-match", tag);
  if (modified) asking.headers.set("if-modified-since", modified);
  return asking;
}

/** Whether a record can be validated. */
export function hasValidator({ headers }: ResponseRecord): boolean {
  return headers.some(isValidator);
}

/** Some runtimes accept characters in a response's header that others refuse in a request's. */
function isValidator([name, value]: readonly [name: string, value: string]): boolean {
  return (name === "etag" || name === "last-modified") && /^[\x20-\xff]*$/.test(value);
}

/** Whether a 304 is about the stored response (RFC 9111, 4.3.4): not if it has another tag, or a strong one where that has none. */
export function isAbout(notModified: Response, { headers }: ResponseRecord): boolean {
  const tag = notModified.headers.get("etag");
  if (tag === null) return true;
  const [, stored] = headers.find(([name]) => name === "etag") ?? [];
  return stored === undefined ? tag.trim().startsWith("W/") : opaque(tag) === opaque(stored);
}

/** Whether the client has the response already, by its tag or else by its date (RFC 9110, 13.2.2). */
export function isUnchanged(request: Headers, { status, headers }: Response): boolean {
  if (status !== 200) return false;
  const tags = request.get("if-none-match");
  if (tags !== null) {
    const tag = headers.get("etag");
    const known = [...tags.matchAll(/(?:W\/)?("[^"]*")/g)].map(([, one]) => one);
    return tags.trim() === "*" || (tag !== null && known.includes(opaque(tag)));
  }
  const since = httpDate(request.get("if-modified-since"));
  if (since === undefined) return false;
  // Without a modification date the response is at most as old as it says it is (RFC 9111, 4.3.2).
  const modified = httpDate(headers.get("last-modified") ?? headers.get("date"));
  return modified !== undefined && modified <= since;
}

/** The 304 for a client that has the response already (RFC 9110, 15.4.5). */
export function notModified({ headers }: Response): Response {
  const left = new Headers(headers);
  for (const name of ["content-length", "content-type", "content-encoding"]) left.delete(name);
  return new Response(null, { status: 304, headers: left });
}

/** A tag as weak comparison sees it (RFC 9110, 8.8.3.2). */
const opaque = (tag: string): string => tag.trim().replace(/^W\//, "");
