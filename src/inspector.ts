import { checkOptions, count, refuse } from "./core/checks.ts";
import type { Awaitable } from "./core/driver.ts";
import type { AsyncKeyValue } from "./core/protocol.ts";
import { toDriver } from "./core/store.ts";
import { respond } from "./inspector/respond.ts";

/** What a request to the inspector asks for: to see entries, or to change them. */
export type InspectorAccess = "read" | "write";

/** Options of {@link inspector}. */
export interface InspectorOptions {
  /**
   * Decides who may see and change the entries. Return `true` to allow a request, `false` for a page with status 403, or a
   * response of your own, such as a 401 that asks for a password. Anything else also counts as `false`. If it throws, so does the
   * handler.
   *
   * The page of an entry asks for `"write"` as well, to know whether to show its forms. Do not read the body of the request.
   */
  readonly authorize: (request: Request, access: InspectorAccess) => Awaitable<boolean | Response>;
  /** Whether entries can be edited and deleted, by those whom `authorize` allows to. Default: `false`. */
  readonly writable?: boolean | undefined;
  /** What the page is called. Default: the name of the store's driver, such as `"durable-object"`. */
  readonly title?: string | undefined;
  /** How many collections or keys a page lists, at most. Default: 50. */
  readonly pageSize?: number | undefined;
  /** Is told of failures that are no `KeyValueError`. The page does not show them, as they may hold secrets. */
  readonly onError?: ((error: unknown, request: Request) => void) | undefined;
}

/**
 * Makes a page that shows what is in a store: a handler from `Request` to `Response` to mount in any app, under any path.
 *
 * It lists collections and keys, and shows a value as formatted JSON with the time that it has left. With `writable`, it
 * also edits and deletes entries. It shows as much as the store can do: a store that cannot list keys is searched by exact key.
 * On a store with atomic operations, an edit is refused if another writer came first. An edit keeps the deadline, moved by the
 * time between its read and its write. If the store is wrapped in `statistics`, a page shows its counts.
 *
 * Requests are `GET`, `HEAD` and `POST`. The handler ignores the path and looks at the query alone, so a proxy may change
 * the path. It keeps no state.
 *
 * @throws TypeError when `authorize` is missing, or an argument or option is of the wrong type.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { inspector } from "edge-key-value/inspector";
 *
 * const inspect = inspector(memoryStore(), {
 *   authorize: (request) => request.headers.get("authorization") === "Bearer a long random token",
 * });
 *
 * export default {
 *   fetch: (request: Request) =>
 *     new URL(request.url).pathname === "/inspector" ? inspect(request) : new Response("Hello"),
 * };
 * ```
 */
export function inspector(store: AsyncKeyValue, options: InspectorOptions): (request: Request) => Promise<Response> {
  const { name, consistency } = toDriver(store);
  const { authorize, onError } = checkOptions(options, {
    authorize: "function",
    writable: "boolean",
    onError: "function",
  });
  if (typeof authorize !== "function") refuse("authorize", "a function", authorize);
  const { writable = false, title = name, pageSize = 50 } = options;
  if (typeof title !== "string") refuse("title", "a string", title);
  count(pageSize, "pageSize");
  return (request) =>
    respond(request, {
      inspected: { store, driver: { name, consistency }, pageSize, writable },
      title,
      authorize,
      onError,
    });
}
