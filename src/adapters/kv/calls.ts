import { KeyValueError } from "../../core/errors.ts";
import { inLanes } from "../../core/lanes.ts";
import type { WorkersKV, WorkersKVValue } from "./binding.ts";

/** The name of the driver. */
export const NAME = "workers-kv";

/** A Worker can wait for the headers of six connections at once: developers.cloudflare.com/workers/platform/limits. */
export const CONNECTIONS = 6;

/** Names in one bulk read: developers.cloudflare.com/kv/api/read-key-value-pairs. */
const BULK_NAMES = 100;

/** Reads names, each hundred in one call, six calls at a time. */
export async function readAll(
  kv: WorkersKV,
  names: readonly string[],
  options: { readonly cacheTtl?: number },
): Promise<(WorkersKVValue | undefined)[]> {
  const found = new Map<string, WorkersKVValue>();

  async function read(chunk: string[]): Promise<void> {
    const [name] = chunk;
    if (chunk.length === 1) {
      found.set(name!, await kv.getWithMetadata(name!, options));
      return;
    }
    try {
      for (const [name, value] of await kv.getWithMetadata(chunk, options)) found.set(name, value);
    } catch (error) {
      // KV refuses a bulk read of more than 25 MB of values, so ask for each half.
      if (!/\b413\b/.test(String(error))) throw error;
      const middle = chunk.length >> 1;
      await read(chunk.slice(0, middle));
      await read(chunk.slice(middle));
    }
  }

  const chunks: string[][] = [];
  for (let at = 0; at < names.length; at += BULK_NAMES) chunks.push(names.slice(at, at + BULK_NAMES));
  await inLanes(chunks, CONNECTIONS, read);
  return names.map((name) => found.get(name));
}

/** Makes a call for each key, so many at a time. After a failure it still makes the other calls, and names the keys that failed. */
export async function callEach(
  collection: string | undefined,
  calls: readonly (readonly [key: string, call: () => Promise<void>])[],
  lanes: number,
): Promise<void> {
  const failed: string[] = [];
  let cause: unknown;
  const run = async ([key, call]: (typeof calls)[number]) => {
    try {
      await call();
    } catch (error) {
      failed.push(key);
      cause = error;
    }
  };
  await inLanes(calls, lanes, run);
  if (failed.length > 0) throw kvFailure(cause, collection, failed);
}

/** Says what a failure of the binding means. Only its message has the HTTP status. */
export function kvFailure(cause: unknown, collection?: string, failed?: readonly string[]): KeyValueError {
  const text = String(cause);
  const unavailable = /\b5\d\d\b/.test(text) || cause instanceof TypeError;
  const code = /\b429\b/.test(text) ? "rate_limited" : unavailable ? "unavailable" : "backend";
  const key = failed?.length === 1 ? failed[0] : undefined;
  return new KeyValueError(code, "Workers KV failed", { store: NAME, collection, key, failed, cause });
}
