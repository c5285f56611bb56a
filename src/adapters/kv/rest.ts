import { KeyValueError } from "../../core/errors.ts";
import { compareCodePoints } from "../../core/order.ts";
import { storedJson } from "../../core/stored-json.ts";
import type { WorkersKV, WorkersKVList, WorkersKVValue } from "./binding.ts";
import { NAME } from "./calls.ts";
import { apiOf, type Fetch, type RestAccess } from "./rest-api.ts";
import { batched } from "./rest-batches.ts";

/** The fewest names in a page of a listing. */
const LEAST_PAGE = 10;

/**
 * A namespace over Cloudflare's REST API, with the methods of a binding. Writes, and deletes, that are made at the same
 * time go out as one bulk request.
 */
export function restNamespace(access: RestAccess, send: Fetch): WorkersKV {
  const call = apiOf(access, send);
  const put = batched(call, "PUT", "/bulk");
  const remove = batched(call, "POST", "/bulk/delete");

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

/** The API's own cursor, and the last name of a page that was returned in part. */
function encodeCursor(at: string, after: string): string {
  return JSON.stringify([at, after]);
}

function decodeCursor(cursor: string): [at: string, after: string] {
  const decoded: unknown = storedJson(cursor);
  if (Array.isArray(decoded) && decoded.length === 2 && decoded.every((text) => typeof text === "string")) {
    return decoded as [string, string];
  }
  throw new KeyValueError("invalid_cursor", "the cursor is not from this listing", { store: NAME });
}
