import { KeyValueError } from "../../core/errors.ts";

/** The name of the driver. */
export const NAME = "workers-kv";

/** For how many seconds a location may answer from its cache. */
interface CacheOptions {
  readonly cacheTtl?: number;
}

/** What this adapter needs of a KV binding; `KVNamespace` of `@cloudflare/workers-types` fits. */
export interface WorkersKV {
  getWithMetadata(name: string, options: CacheOptions): Promise<WorkersKVValue>;
  getWithMetadata(names: string[], options: CacheOptions): Promise<Map<string, WorkersKVValue>>;
  put(name: string, value: string, options: { expirationTtl?: number; metadata: unknown }): Promise<void>;
  delete(name: string): Promise<void>;
  list(options: { prefix: string; cursor?: string | null; limit?: number }): Promise<WorkersKVList>;
}

/** A value as a KV binding gives it. */
export interface WorkersKVValue {
  readonly value: string | null;
  readonly metadata: unknown;
}

/** A page of names as a KV binding gives it. */
export type WorkersKVList = { readonly keys: readonly { readonly name: string; readonly metadata?: unknown }[] } & (
  | { readonly list_complete: true }
  | { readonly list_complete: false; readonly cursor: string }
);

/** Reads names with one call for each hundred; an answer that would pass 25 MB is asked for in halves. */
export async function getAll(
  kv: WorkersKV,
  names: readonly string[],
  how: CacheOptions,
): Promise<(WorkersKVValue | undefined)[]> {
  if (names.length === 1) return [await kv.getWithMetadata(names[0] as string, how)];
  if (names.length <= 100) {
    try {
      const found = await kv.getWithMetadata([...names], how);
      return names.map((name) => found.get(name));
    } catch (error) {
      if (!/\b413\b/.test(String(error))) throw error;
    }
  }
  const middle = Math.min(100, names.length >> 1);
  const first = await getAll(kv, names.slice(0, middle), how);
  return [...first, ...(await getAll(kv, names.slice(middle), how))];
}

/** Makes a call for each key, six at a time as Workers has connections, and to the end whatever fails. */
export async function each(
  collection: string | undefined,
  calls: readonly (readonly [key: string, call: () => Promise<void>])[],
): Promise<void> {
  const failed: string[] = [];
  let cause: unknown;
  const rest = calls.values();
  const lane = async () => {
    for (const [key, call] of rest) {
      try {
        await call();
      } catch (error) {
        failed.push(key);
        cause = error;
      }
    }
  };
  await Promise.all(Array.from({ length: 6 }, lane));
  if (failed.length > 0) fail(cause, collection, failed);
}

/** Throws a failure of the binding as what it means; the HTTP status is in its message, for it has no field for it. */
export function fail(cause: unknown, collection?: string, failed?: readonly string[]): never {
  const text = String(cause);
  const unavailable = /\b5\d\d\b/.test(text) || cause instanceof TypeError;
  const code = /\b429\b/.test(text) ? "rate_limited" : unavailable ? "unavailable" : "backend";
  const key = failed?.length === 1 ? failed[0] : undefined;
  throw new KeyValueError(code, "Workers KV failed", { store: NAME, collection, key, failed, cause });
}
