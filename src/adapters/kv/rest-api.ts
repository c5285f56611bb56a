import { type ErrorCode, KeyValueError } from "../../core/errors.ts";
import { NAME } from "./calls.ts";

/** Sends a request, as the global `fetch` does. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Where a namespace is, and what opens it. */
export interface RestAccess {
  readonly accountId: string;
  readonly namespaceId: string;
  readonly apiToken: string;
}

/** Makes one call to the API for a namespace. Its failures are errors of this library. */
export type ApiCall = (method: string, path: string, body?: string) => Promise<ApiReply>;

/** What the API replies. */
interface ApiReply {
  readonly success?: unknown;
  readonly result?: unknown;
  readonly result_info?: { readonly cursor?: string };
  readonly errors?: unknown;
}

/** The API of a namespace. */
export function apiOf({ accountId, namespaceId, apiToken }: RestAccess, send: Fetch): ApiCall {
  const [account, namespace] = [accountId, namespaceId].map(encodeURIComponent);
  const base = `https://api.cloudflare.com/client/v4/accounts/${account}/storage/kv/namespaces/${namespace}`;

  return async (method, path, body) => {
    const headers = { authorization: `Bearer ${apiToken}`, ...(body && { "content-type": "application/json" }) };
    let response: Response;
    let text: string;
    try {
      response = await send(base + path, body === undefined ? { method, headers } : { method, headers, body });
      text = await response.text();
    } catch (cause) {
      throw new KeyValueError("unavailable", "Cloudflare's API cannot be reached", { store: NAME, cause });
    }
    const reply = parse(text);
    if (response.ok && reply?.success === true) return reply;
    throw refused(response, reply);
  };
}

/** Returns `undefined` for what is not JSON, which comes from a proxy. */
function parse(text: string): ApiReply | undefined {
  try {
    return JSON.parse(text) ?? undefined;
  } catch {
    return undefined;
  }
}

/** The meaning of HTTP statuses. Of a namespace that does not exist the API says 404. */
const MEANINGS: Readonly<Record<number, readonly [code: ErrorCode, message: string]>> = {
  401: ["unauthorized", "Cloudflare refuses the API token"],
  403: ["unauthorized", "Cloudflare refuses the API token"],
  404: ["misconfigured", "there is no such account or namespace"],
  413: ["too_large", "Workers KV refuses the size: 413"],
  429: ["rate_limited", "Cloudflare's API takes 1,200 calls in five minutes"],
};

/** An error with the API's own messages as its cause, and when to come again. */
function refused({ status, headers }: Response, reply: ApiReply | undefined): KeyValueError {
  const isDown = status >= 500 || reply === undefined;
  const [code, message] = MEANINGS[status] ?? [isDown ? "unavailable" : "backend", "Workers KV failed"];
  const seconds = Number(headers.get("retry-after") ?? Number.NaN);
  const texts = (Array.isArray(reply?.errors) ? reply.errors : []).map((error) => `${Object(error).message}`);
  return new KeyValueError(code as ErrorCode, message, {
    store: NAME,
    ...(code === "rate_limited" && seconds >= 0 && { retryAfter: seconds }),
    cause: new Error(`${status} ${texts.join("; ")}`.slice(0, 500)),
  });
}
