import { type ErrorCode, KeyValueError } from "../../core/errors.ts";
import { compareCodePoints } from "../../core/order.ts";
import type { WorkersKV, WorkersKVList, WorkersKVValue } from "./binding.ts";
import { NAME } from "./calls.ts";

/** Sends a request, as the global `fetch` does. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Where a namespace is, and what opens it. */
export interface RestAccess {
  readonly accountId: string;
  readonly namespaceId: string;
  readonly apiToken: string;
}

/** Pairs or names in one bulk request, and its bytes: developers.cloudflare.com/api/resources/kv. */
const BULK_ITEMS = 10_000;
const BULK_BYTES = 100_000_000;

/** The fewest names in a page of a listing. */
const LEAST_PAGE = 10;

/** What waits to be sent with others of its kind. */
interface Waiting {
  readonly name: string;
  /** The item of the request, as JSON. */
  readonly text: string;
  done(): void;
  fail(cause: unknown): void;
}

/**
 * A namespace over Cloudflare's REST API, with the methods of a binding. Writes, and deletes, that are made at the same
 * time go out as one bulk request.
 */
export function restNamespace({ accountId, namespaceId, apiToken }: RestAccess, send: Fetch): WorkersKV {
  const [account, namespace] = [accountId, namespaceId].map(encodeURIComponent);
  const base = `https://api.cloudflare.com/client/v4/accounts/${account}/storage/kv/namespaces/${namespace}`;

  async function call(method: string, path: string, body?: string): Promise<ApiReply> {
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
  }

  /** Collects what is asked for in one turn, and sends it together. */
  function batched(method: string, path: string): (name: string, item: unknown) => Promise<void> {
    let waiting: Waiting[] = [];

    async function flush(): Promise<void> {
      const all = waiting;
      waiting = [];
      await Promise.all(chunksOf(all).map(sendChunk));
    }

    async function sendChunk(chunk: readonly Waiting[]): Promise<void> {
      try {
        const { result } = await call(method, path, `[${chunk.map(({ text }) => text).join(",")}]`);
        const { unsuccessful_keys: failed } = Object(result) as { readonly unsuccessful_keys?: unknown };
        const names = new Set(Array.isArray(failed) ? failed : []);
        for (const { name, done, fail } of chunk) {
          if (names.has(name))
            fail(new KeyValueError("unavailable", "Workers KV did not write this key", { store: NAME }));
          else done();
        }
      } catch (cause) {
        for (const { fail } of chunk) fail(cause);
      }
    }

    return (name, item) =>
      new Promise((done, fail) => {
        if (waiting.length === 0) queueMicrotask(flush);
        waiting.push({ name, text: JSON.stringify(item), done, fail });
      });
  }

  const put = batched("PUT", "/bulk");
  const remove = batched("POST", "/bulk/delete");

  async function read(names: readonly string[]): Promise<Map<string, WorkersKVValue>> {
    const body = JSON.stringify({ keys: names, type: "text", withMetadata: true });
    const { result } = await call("POST", "/bulk/get", body);
    const { values } = Object(result) as { readonly values?: Readonly<Record<string, WorkersKVValue | null>> };
    const found = Object.entries(Object(values) as NonNullable<typeof values>);
    return new Map(found.map(([name, value]) => [name, value ?? { value: null, metadata: null }]));
  }

  async function list(prefix: string, limit: number, cursor: string): Promise<{ keys: ListedName[]; next: string }> {
    const query = new URLSearchParams({ limit: `${limit}`, ...(prefix && { prefix }), ...(cursor && { cursor }) });
    const { result, result_info } = await call("GET", `/keys?${query}`).catch((error: KeyValueError) => {
      if (!cursor || error.code !== "backend") throw error;
      throw new KeyValueError("invalid_cursor", "Workers KV does not take the cursor", { store: NAME, cause: error });
    });
    if (!Array.isArray(result))
      throw new KeyValueError("backend", "the reply is not that of Workers KV", { store: NAME });
    return { keys: result as ListedName[], next: result_info?.cursor ?? "" };
  }

  return {
    getWithMetadata: (async (names: string | string[]) => {
      const found = await read(typeof names === "string" ? [names] : names);
      return typeof names === "string" ? (found.get(names) ?? { value: null, metadata: null }) : found;
    }) as WorkersKV["getWithMetadata"],

    put: (key, value, { expirationTtl, metadata }) =>
      put(key, { key, value, metadata, ...(expirationTtl !== undefined && { expiration_ttl: expirationTtl }) }),

    delete: (name) => remove(name, name),

    async list({ prefix, cursor, limit = 1000 }): Promise<WorkersKVList> {
      let [at, after] = cursor ? decodeCursor(cursor) : ["", ""];
      for (;;) {
        const page = await list(prefix, Math.max(limit, LEAST_PAGE), at);
        const rest = page.keys.filter(({ name }) => compareCodePoints(name, after) > 0);
        const keys = rest.slice(0, limit);
        // The page had more names than were asked for: the next one starts in it.
        if (rest.length > limit)
          return { keys, list_complete: false, cursor: encodeCursor(at, keys.at(-1)?.name ?? "") };
        if (page.next === "") return { keys, list_complete: true };
        if (keys.length > 0) return { keys, list_complete: false, cursor: encodeCursor(page.next, "") };
        [at, after] = [page.next, ""];
      }
    },
  };
}

interface ListedName {
  readonly name: string;
  readonly metadata?: unknown;
}

interface ApiReply {
  readonly success?: unknown;
  readonly result?: unknown;
  readonly result_info?: { readonly cursor?: string };
  readonly errors?: unknown;
}

/** The API's own cursor, and the last name of a page that was returned in part. */
function encodeCursor(at: string, after: string): string {
  return JSON.stringify([at, after]);
}

function decodeCursor(cursor: string): [at: string, after: string] {
  const decoded: unknown = parse(cursor);
  if (Array.isArray(decoded) && decoded.length === 2 && decoded.every((text) => typeof text === "string")) {
    return decoded as [string, string];
  }
  throw new KeyValueError("invalid_cursor", "the cursor is not from this listing", { store: NAME });
}

function parse(text: string): ApiReply | undefined {
  try {
    return JSON.parse(text) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Splits what waits by the limits of one request. */
function chunksOf(waiting: readonly Waiting[]): Waiting[][] {
  const chunks: Waiting[][] = [];
  let room = 0;
  for (const one of waiting) {
    // A UTF-16 unit has at most three bytes of UTF-8.
    const size = one.text.length * 3 + 1;
    if (chunks.length === 0 || size > room || (chunks.at(-1) as Waiting[]).length >= BULK_ITEMS) {
      chunks.push([]);
      room = BULK_BYTES;
    }
    room -= size;
    chunks.at(-1)?.push(one);
  }
  return chunks;
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
