import { combineChanges } from "../../core/combine-changes.ts";
import type { Capability, Driver } from "../../core/driver.ts";
import { type Entry, live } from "../../core/entry.ts";
import { KeyValueError } from "../../core/errors.ts";
import { inLanes } from "../../core/lanes.ts";
import { together } from "../../core/together.ts";
import { COMMIT_CHECKS, commitsOf, type DenoKVUse, denoKVCalls, type Found, openedEntry } from "./calls.ts";
import type { DenoKVAtomic, DenoKVKey } from "./client.ts";
import { KEY_BYTES, keyOf } from "./keys.ts";
import { denoKVListings } from "./listings.ts";
import { seal, stampOf, VALUE_BYTES, versionOf } from "./values.ts";

/** Milliseconds for which Deno KV keeps an entry beyond its deadline: its clock may be ahead. */
const SKEW = 60_000;

/** How often to try again after another writer came first. */
const TRIES = 16;

/** How many commits for single keys run at the same time. */
const LANES = 16;

/** A driver over Deno KV. Swaps and removals check the versionstamp of what they replace. */
export function denoKVDriver(use: DenoKVUse): Driver<Capability> {
  const { kv, root, consistency, onCorrupt } = use;
  const store = "deno-kv";
  const { read, commit } = denoKVCalls(use);

  /** Adds the write of an entry to a commit. Without bytes it is a removal. */
  function put(atomic: DenoKVAtomic, key: DenoKVKey, bytes: Uint8Array | undefined, expiresAt?: number): void {
    if (!bytes) atomic.delete(key);
    else if (expiresAt === undefined) atomic.set(key, bytes);
    else atomic.set(key, bytes, { expireIn: Math.ceil(expiresAt - Date.now()) + SKEW });
  }

  const counts = ({ opened }: Found) => opened === "corrupted" || (typeof opened === "object" && !!live(opened.entry));

  /** Removes what was found if it is still there. Returns whether it was. */
  async function removeFound(collection: string, found: readonly Found[]): Promise<boolean> {
    const there = found.filter(({ stamp }) => stamp !== null);
    if (there.length === 0) return true;
    const atomic = kv.atomic();
    for (const { key, stamp } of there) {
      const at = keyOf(root, collection, key);
      atomic.check({ key: at, versionstamp: stamp }).delete(at);
    }
    const keys = there.map(({ key }) => key);
    return (await commit(atomic, collection, keys)).ok;
  }

  async function removeOne(collection: string, key: string): Promise<number> {
    for (let tries = 0; tries < TRIES; tries++) {
      const found = await read(collection, [key], true);
      if (await removeFound(collection, found)) return found.filter(counts).length;
    }
    throw new KeyValueError("conflict", `other writers came first ${TRIES} times`, { store, collection, key });
  }

  async function removeSome(collection: string, keys: readonly string[]): Promise<number> {
    const found = await read(collection, keys, true);
    if (await removeFound(collection, found)) return found.filter(counts).length;
    let removed = 0;
    await inLanes(keys, LANES, async (key) => {
      // Not in one expression, which would read the sum before the others have added to it.
      const one = await removeOne(collection, key);
      removed += one;
    });
    return removed;
  }

  return {
    name: store,
    consistency,
    limits: { keyBytes: KEY_BYTES, valueBytes: VALUE_BYTES },

    async read(collection, keys, options) {
      const found = await read(collection, keys, options?.fresh === true);
      return found.map((one) => openedEntry(one, collection, onCorrupt));
    },

    async write(collection, items) {
      const writes = items.map(([key, entry]) => ({
        key,
        at: keyOf(root, collection, key),
        bytes: live(entry) && seal(entry, { store, collection, key }),
        expiresAt: entry.expiresAt,
      }));
      const commits = commitsOf(
        writes,
        ({ at }) => at,
        ({ bytes }) => bytes?.length ?? 0,
      );
      await together(
        commits.map((part) => {
          const keys = part.map(({ key }) => key);
          const call = async () => {
            const atomic = kv.atomic();
            for (const { at, bytes, expiresAt } of part) put(atomic, at, bytes, expiresAt);
            await commit(atomic, collection, keys);
          };
          return [keys, call] as const;
        }),
      );
    },

    async remove(collection, keys) {
      const parts: string[][] = [];
      for (let at = 0; at < keys.length; at += COMMIT_CHECKS) parts.push(keys.slice(at, at + COMMIT_CHECKS));
      const counted = await together(parts.map((part) => [part, () => removeSome(collection, part)] as const));
      return counted.reduce((sum, count) => sum + count, 0);
    },

    async swap(collection, key, expected, next) {
      const at = keyOf(root, collection, key);
      const id = crypto.randomUUID();
      const written = live(next);
      const bytes = written && seal(written, { store, collection, key }, id);
      // Most swaps that expect nothing find nothing, so the first try needs no read.
      let stamp = expected === undefined ? null : stampOf(expected);
      let current: Entry | undefined;
      for (let tries = 0; tries < TRIES; tries++) {
        if (stamp !== undefined) {
          const atomic = kv.atomic().check({ key: at, versionstamp: stamp });
          put(atomic, at, bytes, written?.expiresAt);
          const { ok, versionstamp } = await commit(atomic, collection, [key]);
          if (ok) return { ok, version: versionOf(versionstamp as string, written?.expiresAt) };
        }
        const [found] = (await read(collection, [key], true)) as [Found];
        const entry = openedEntry(found, collection, onCorrupt);
        // The commit has happened, and its client has repeated it.
        if (entry && typeof found.opened === "object" && found.opened.id === id) {
          return { ok: true, version: entry.version as string };
        }
        current = live(entry);
        if (expected !== undefined || current) break;
        stamp = found.stamp;
      }
      return { ok: false, current };
    },

    modify: combineChanges,
    ...denoKVListings(use, commit),
  };
}
