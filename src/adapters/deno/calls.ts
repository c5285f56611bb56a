import type { OnCorrupt } from "../../core/corrupt.ts";
import { KeyValueError } from "../../core/errors.ts";
import type { DenoKVAtomic, DenoKVClient, DenoKVEntry, DenoKVKey } from "./client.ts";
import { denoKVFailure } from "./failure.ts";
import { keyBytes, keyOf } from "./keys.ts";
import { type Opened, open } from "./values.ts";

/** Keys that one read takes: docs.deno.com/api/deno/~/Deno.Kv. */
const READ_KEYS = 10;

/** Mutations in a commit. Deno KV takes 1,000. */
const COMMIT_KEYS = 100;

/** Checks in a commit: Deno takes 100, and `@deno/kv` 10. */
export const COMMIT_CHECKS = 10;

/** Bytes in a commit. Deno KV takes 819,200, of which a tenth may be keys. */
const COMMIT_BYTES = 800_000;

/** What a driver is made of. */
export interface DenoKVUse {
  readonly kv: DenoKVClient;
  /** What all keys of the store begin with. */
  readonly root: DenoKVKey;
  readonly consistency: "strong" | "eventual";
  readonly onCorrupt: OnCorrupt;
}

/** An entry of Deno KV and what it holds. */
export interface Found {
  readonly key: string;
  readonly stamp: string | null;
  readonly opened: Opened;
}

/** The calls of a driver, whose failures are errors of this library. */
export interface DenoKVCalls {
  /** Reads entries side by side, ten in a call. */
  read(collection: string, keys: readonly string[], fresh: boolean): Promise<Found[]>;
  commit(
    atomic: DenoKVAtomic,
    collection: string | undefined,
    keys: readonly string[],
  ): ReturnType<DenoKVAtomic["commit"]>;
}

export function denoKVCalls({ kv, root, consistency }: DenoKVUse): DenoKVCalls {
  return {
    async read(collection, keys, fresh) {
      const asked = keys.map((key) => keyOf(root, collection, key));
      const options = { consistency: fresh ? ("strong" as const) : consistency };
      const calls: Promise<readonly DenoKVEntry[]>[] = [];
      for (let at = 0; at < asked.length; at += READ_KEYS) {
        calls.push(kv.getMany(asked.slice(at, at + READ_KEYS), options));
      }
      try {
        const found = (await Promise.all(calls)).flat();
        return found.map((entry, i) => ({ key: keys[i] as string, stamp: entry.versionstamp, opened: open(entry) }));
      } catch (cause) {
        throw denoKVFailure(cause, { store: "deno-kv", collection, ...(keys.length === 1 && { key: keys[0] }) });
      }
    },

    async commit(atomic, collection, keys) {
      try {
        return await atomic.commit();
      } catch (cause) {
        const details = { store: "deno-kv", collection, ...(keys.length === 1 && { key: keys[0] }), failed: keys };
        throw denoKVFailure(cause, details);
      }
    },
  };
}

/** Returns the entry that was found. */
export function openedEntry({ opened, key }: Found, collection: string, onCorrupt: OnCorrupt) {
  if (typeof opened === "object") return opened.entry;
  if (opened === "missing" || onCorrupt === "miss") return undefined;
  const details = { store: "deno-kv", collection, key };
  throw new KeyValueError("corrupted", "the stored value is not an entry of this store", details);
}

/** Splits what goes into commits, by the number and the bytes that one takes. */
export function commitsOf<T>(items: readonly T[], keyOf: (item: T) => DenoKVKey, bytesOf: (item: T) => number): T[][] {
  const commits: T[][] = [];
  let bytes = COMMIT_BYTES;
  for (const item of items) {
    const size = bytesOf(item) + 10 * keyBytes(keyOf(item));
    const last = commits.at(-1);
    if (last && last.length < COMMIT_KEYS && bytes + size <= COMMIT_BYTES) {
      last.push(item);
      bytes += size;
    } else {
      commits.push([item]);
      bytes = size;
    }
  }
  return commits;
}
