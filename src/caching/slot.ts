import type { Entry } from "../core/entry.ts";
import type { JsonValue } from "../core/json.ts";
import { isTime } from "../core/times.ts";
import { endOf, type Result } from "./results.ts";
import type { Stamps } from "./stamps.ts";
import { areTags } from "./tags.ts";

/** The right to make the next result. A caller that takes over from a dead holder keeps the id. */
export interface Lease {
  readonly id: string;
  /** Who has it, another string each time it is taken. */
  readonly holder: string;
  /** Grows each time the holder renews it. */
  readonly beat: number;
  /** Milliseconds without a renewal after which the holder counts as gone. */
  readonly length: number;
  /** When the lease ends, by the holder's clock, in epoch milliseconds. */
  readonly until: number;
}

/** How the last attempt to make a result ended without one. It tells those who wait for that attempt. */
export interface Ending {
  readonly id: string;
  readonly how: "failed" | "unkept";
}

/** What is under a key: a result, the lease of who makes the next one, how the last attempt ended. */
export interface Slot {
  readonly result?: Result | undefined;
  readonly lease?: Lease | undefined;
  readonly ending?: Ending | undefined;
  readonly version?: string | undefined;
  /** What the stamps of tags said at that moment: those of the result, and those that the key had before. */
  readonly stamps?: Stamps | undefined;
  /** When the reading began, among the moments of this isolate. */
  readonly moment?: number | undefined;
}

/** Milliseconds that a lease stays in the store, since a holder that is slower than its lease may still finish. */
const LEASE_LINGER = 300_000;

/** Milliseconds that an ending stays in the store: longer than the longest pause between two looks. */
const ENDING_LINGER = 5000;

/** The longest lease that counts, in milliseconds; a longer one is damaged. */
const LONGEST_LEASE = 60_000;

/** An entry for a slot; nothing when none of its parts is of use any more. */
export function toEntry({ result, lease, ending }: Slot): Entry | undefined {
  const now = Date.now();
  const linger = lease ? LEASE_LINGER : ending ? ENDING_LINGER : 0;
  const expiresAt = Math.max(result ? endOf(result) : 0, now + linger);
  if (expiresAt <= now) return undefined;
  const times = result && { at: result.at, fresh: result.fresh, stale: result.stale, onError: result.onError };
  const inner = {
    ...times,
    ...(result?.validate !== undefined && { validate: result.validate }),
    ...(result?.tags && { tags: result.tags.map((tag) => [...tag]) }),
    ...(lease && { lease: { ...lease } }),
    ...(ending && { ending: { ...ending } }),
  };
  return {
    value: { __cached__: inner, ...(result?.value !== undefined && { value: result.value }) },
    createdAt: result?.at ?? now,
    expiresAt,
  };
}

/** Reads an entry. Ignores entries of another kind, and the parts of an entry that are damaged. */
export function toSlot(entry: Entry | undefined): Slot {
  const { __cached__: inner, value }: { __cached__?: JsonValue; value?: JsonValue } = Object(entry?.value);
  const { at, fresh, stale, onError, validate, tags, lease, ending }: Record<string, unknown> = Object(inner);
  const result = { value, at, fresh, stale, onError, validate, tags } as Result;
  const isWhole =
    [at, fresh, stale, onError, validate ?? 0].every((time) => time !== undefined && isTime(time)) &&
    (tags === undefined || areTags(tags));
  // A wrapper may have given the entry an earlier deadline than the result has, and a lease a later one.
  const end = isWhole ? Math.min(entry?.expiresAt ?? Number.POSITIVE_INFINITY, endOf(result)) : 0;
  return {
    version: entry?.version,
    result: end > Date.now() ? result : undefined,
    lease: isLease(lease) ? lease : undefined,
    ending: isEnding(ending) ? ending : undefined,
  };
}

function isLease(value: unknown): value is Lease {
  if (value === undefined) return false;
  const { id, holder, beat, length, until } = Object(value) as Partial<Record<keyof Lease, unknown>>;
  const texts = [id, holder].every((text) => typeof text === "string");
  return texts && [beat, length, until].every(Number.isFinite) && (length as number) <= LONGEST_LEASE;
}

function isEnding(value: unknown): value is Ending {
  if (value === undefined) return false;
  const { id, how } = Object(value) as Partial<Record<keyof Ending, unknown>>;
  return typeof id === "string" && (how === "failed" || how === "unkept");
}
