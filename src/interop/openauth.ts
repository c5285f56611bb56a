import type { AsyncKeyValue, CapabilityMethods, CollectionOptions } from "../core/protocol.ts";
import { requireStore } from "../core/requirements.ts";
import { throughJson } from "./internal/json.ts";
import { secondsUntil } from "./internal/lifetimes.ts";
import { withoutIds } from "./internal/sessions.ts";

/** Options of {@link openAuthStorage}. */
export interface OpenAuthOptions extends CollectionOptions {
  /**
   * Makes a refresh token good for one request as well. Set it together with `ttl: { reuse: 0 }` of the issuer, and only
   * then: with a reuse time, the issuer reads a token more than once. Default: `false`.
   */
  readonly refreshOnce?: boolean | undefined;
}

/** OpenAuth's `StorageAdapter`. */
export interface OpenAuthStorage {
  get(key: string[]): Promise<Record<string, unknown> | undefined>;
  set(key: string[], value: unknown, expiry?: Date): Promise<void>;
  remove(key: string[]): Promise<void>;
  scan(prefix: string[]): AsyncIterable<[string[], unknown]>;
}

/** How many values a scan reads at once. */
const PAGE = 100;

/**
 * Makes OpenAuth's `storage` from a store: it keeps the issuer's codes, refresh tokens and keys.
 *
 * The issuer reads an authorization code and then removes it, so two requests at the same time could both redeem it.
 * Here, reading a code takes it out of the store in one atomic step: exactly one of them receives tokens. With
 * `refreshOnce`, the same holds for refresh tokens.
 *
 * The parts of a key may contain any character; no two keys share an entry. The collection is `"openauth"` unless
 * `collection` names another.
 *
 * The store must be strongly consistent, have atomic operations and list its keys: Durable Objects or Redis, or memory in
 * one process.
 *
 * @throws KeyValueError `misconfigured` when the store lacks one of these.
 * @example
 * ```ts
 * import { issuer } from "@openauthjs/openauth";
 * import { createSubjects } from "@openauthjs/openauth/subject";
 * import { memoryStore } from "edge-key-value";
 * import { openAuthStorage } from "edge-key-value/interop/openauth";
 *
 * const app = issuer({
 *   storage: openAuthStorage(memoryStore()),
 *   subjects: createSubjects({}),
 *   providers: {},
 *   success: async () => new Response("signed in"),
 * });
 * ```
 */
export function openAuthStorage(
  store: AsyncKeyValue & Pick<CapabilityMethods, "take" | "listKeys">,
  { collection = "openauth", refreshOnce = false }: OpenAuthOptions = {},
): OpenAuthStorage {
  requireStore(store, "openAuthStorage", { strong: true, atomic: true, listing: true });
  const single = new Set(refreshOnce ? ["oauth:code", "oauth:refresh"] : ["oauth:code"]);

  const { page, ...methods } = withoutIds({
    async get(key: string[]) {
      const read = single.has(key[0] as string) ? store.take : store.get;
      return (await read<Record<string, unknown>>(nameOf(key), { collection })) ?? undefined;
    },
    async set(key: string[], value: unknown, expiry?: Date) {
      const ttl = expiry && secondsUntil(expiry);
      const json = throughJson(value) ?? null;
      if (json === null || (ttl !== undefined && ttl <= 0)) await store.delete(nameOf(key), { collection });
      else await store.put(nameOf(key), json, { collection, ttl });
    },
    async remove(key: string[]) {
      await store.delete(nameOf(key), { collection });
    },
    async page(prefix: string[], cursor: string | undefined) {
      const listed = await store.listKeys({ collection, prefix: nameOf(prefix), cursor, limit: PAGE });
      const values = await store.getMany(listed.names, { collection });
      return { entries: listed.names.map((name, i) => [keyOf(name), values[i]] as const), cursor: listed.cursor };
    },
  });

  return {
    ...methods,
    async *scan(prefix) {
      const seen = new Set<string>();
      let cursor: string | undefined;
      do {
        const next = await page(prefix, cursor);
        for (const [key, value] of next.entries) {
          // A backend may repeat a name on a later page, and an entry may be gone by the time it is read.
          if (value !== null && seen.size < seen.add(nameOf(key)).size) yield [key, value];
        }
        cursor = next.cursor;
      } while (cursor !== undefined);
    },
  };
}

/** Joins the parts of a key: each one ends with a slash, so a prefix of whole parts is a prefix of the name. */
function nameOf(key: readonly string[]): string {
  return key.map((part) => `${part.replaceAll("~", "~0").replaceAll("/", "~1")}/`).join("");
}

/** The inverse of {@link nameOf}. */
function keyOf(name: string): string[] {
  const parts = name.split("/").slice(0, -1);
  return parts.map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}
