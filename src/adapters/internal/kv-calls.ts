import { type ErrorDetails, KeyValueError } from "../../errors.ts";

/** What this adapter needs of a KV binding; `KVNamespace` of `@cloudflare/workers-types` fits. */
export interface WorkersKV {
  getWithMetadata(name: string, options: { type: "text"; cacheTtl?: number }): Promise<WorkersKVValue>;
  getWithMetadata(names: string[], options: { type: "text"; cacheTtl?: number }): Promise<Map<string, WorkersKVValue>>;
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
  how: { type: "text"; cacheTtl?: number },
): Promise<(WorkersKVValue | undefined)[]> {
  if (names.length === 1) return [await kv.getWithMetadata(names[0] as string, how)];
  if (names.length <= 100) {
    try {
      const found = await kv.getWithMetadata([...names], how);
      return names.map((name) => found.get(name));
    } catch (error) {
      if (statusOf(error) !== "413") throw error;
    }
  }
  const middle = Math.min(100, Math.ceil(names.length / 2));
  const first = await getAll(kv, names.slice(0, middle), how);
  return [...first, ...(await getAll(kv, names.slice(middle), how))];
}

/** Makes a call for each key, six at a time as Workers has connections, and to the end whatever fails. */
export async function each(
  calls: readonly (readonly [key: string, call: () => Promise<void>])[],
  details: ErrorDetails,
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
  if (failed.length > 0) fail(cause, { ...details, key: failed.length > 1 ? undefined : failed[0], failed });
}

/** Throws a failure of the binding as what it means. */
export function fail(cause: unknown, details: ErrorDetails): never {
  const status = statusOf(cause);
  const code = status === "429" ? "rate_limited" : status || cause instanceof TypeError ? "unavailable" : "backend";
  throw new KeyValueError(code, "Workers KV failed", { ...details, cause });
}

/** The HTTP status in the message of a failure, which has no field for it. */
function statusOf(error: unknown): string | undefined {
  return /\b(?:413|429|5\d\d)\b/.exec(String(error))?.[0];
}
