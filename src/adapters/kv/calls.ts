import { KeyValueError } from "../../core/errors.ts";
import { inLanes } from "../../core/lanes.ts";
import type { WorkersKV, WorkersKVValue } from "./binding.ts";

/** The name of the driver. */
export const NAME = "workers-kv";

/** A Worker can wait for the headers of six connections at once: developers.cloudflare.com/workers/platform/limits. */
const CONNECTIONS = 6;

/** Names in one bulk read: developers.cloudflare.com/kv/api/read-key-value-pairs. */
const BULK_NAMES = 100;

/** Reads names, each hundred in one call, six calls at a time. */
export async function readAll(
  kv: WorkersKV,
  names: readonly string[],
  options: { readonly cacheTtl?: number },
): Promise<(WorkersKVValue | undefined)[]> {
  if (names.length === 1) return [await kv.getWithMetadata(names[0] as string, options)];
  const chunks: string[][] = [];
  for (let at = 0; at < names.length; at += BULK_NAMES) chunks.push(names.slice(at, at + BULK_NAMES));
  const found = new Map<string, WorkersKVValue>();
  await inLanes(chunks, CONNECTIONS, async (chunk) => {
    for (const [name, value] of await readChunk(kv, chunk, options)) found.set(name, value);
  });
  return names.map((name) => found.get(name));
}

/** KV refuses a bulk whose values have more than 25 MB in all, so this asks for the halves of it. */
async function readChunk(
  kv: WorkersKV,
  names: string[],
  options: { readonly cacheTtl?: number },
): Promise<Iterable<[string, WorkersKVValue]>> {
  if (names.length === 1) return [[names[0] as string, await kv.getWithMetadata(names[0] as string, options)]];
  try {
    return await kv.getWithMetadata(names, options);
  } catch (error) {
    if (!/\b413\b/.test(String(error))) throw error;
  }
  const middle = names.length >> 1;
  const first = await readChunk(kv, names.slice(0, middle), options);
  return [...first, ...(await readChunk(kv, names.slice(middle), options))];
}

/** Makes a call for each key, six at a time. After a failure it still makes the other calls, and names the keys that failed. */
export async function callEach(
  collection: string | undefined,
  calls: readonly (readonly [key: string, call: () => Promise<void>])[],
): Promise<void> {
  const failed: string[] = [];
  let cause: unknown;
  await inLanes(calls, CONNECTIONS, async ([key, call]) => {
    try {
      await call();
    } catch (error) {
      failed.push(key);
      cause = error;
    }
  });
  if (failed.length > 0) throw kvFailure(cause, collection, failed);
}

/** Says what a failure of the binding means. The HTTP status is in its message alone. */
export function kvFailure(cause: unknown, collection?: string, failed?: readonly string[]): KeyValueError {
  const text = String(cause);
  const unavailable = /\b5\d\d\b/.test(text) || cause instanceof TypeError;
  const code = /\b429\b/.test(text) ? "rate_limited" : unavailable ? "unavailable" : "backend";
  const key = failed?.length === 1 ? failed[0] : undefined;
  return new KeyValueError(code, "Workers KV failed", { store: NAME, collection, key, failed, cause });
}
