import type { Patience } from "./patience.ts";
import type { Lease, Slot } from "./slot.ts";
import type { Taken } from "./slots.ts";

/** What comes of trying to get the lease of a key. */
export type Acquired =
  /** The lease is ours. Without a version the store failed, and may have taken it nevertheless. */
  | { readonly kind: "lease"; readonly held: Slot }
  /** There is a new result. */
  | { readonly kind: "result"; readonly slot: Slot }
  /** Another caller's attempt ended without a result while this call waited. */
  | { readonly kind: "failed" | "unkept" }
  /** Another caller has the lease, and this call stops waiting for it. */
  | { readonly kind: "busy"; readonly slot: Slot; readonly lease: Lease }
  /** The store fails, or others are always first. */
  | { readonly kind: "none" };

/** How to get a lease. */
export interface Acquiring {
  /** What the caller has seen under the key. */
  readonly seen: Slot;
  /** Whether to take the lease from whoever has it. */
  readonly force: boolean;
  /** How long to wait for the lease; without it not at all. */
  readonly patience: Patience | undefined;
  /** A holder that is known to be gone. */
  readonly gone: string | undefined;
  /** What is under the key now; nothing when the store fails. */
  look(): Promise<Slot | undefined>;
  /** Tries to take the lease; nothing when the store fails. */
  take(slot: Slot, lease: Lease): Promise<Taken | undefined>;
  /** Whether to accept a result that is under the key now. */
  enough(slot: Slot): boolean;
}

/** How slow a store may be: a lease is at least this many times as long as it took to get it. */
const SLOWNESS = 4;

/** The length of a lease, in milliseconds. Its holder renews it, so others replace a dead holder after this time. */
const LENGTH = 1000;

const LONGEST = 10_000;

/** A lease that ended this many milliseconds ago by the clock is over, however wrong the clocks are. */
const CLOCK_SKEW = 10_000;

/** How often to try for a lease before a call goes on without one. */
const TRIES = 100;

/** Gets the lease of a key, or waits for whoever has it. */
export async function acquire(acquiring: Acquiring): Promise<Acquired> {
  const { seen, force, patience, gone, look, take, enough } = acquiring;
  let slot = seen;
  let watched = "";
  let silent = 0;
  for (let tries = 0; tries < TRIES; ) {
    const { lease } = slot;
    if (lease && !force && !isOver(lease)) {
      if (!patience || patience.isOver()) return { kind: "busy", slot, lease };
      const paused = await patience.pause();
      const next = await look();
      if (!next) return { kind: "none" };
      slot = next;
      silent = paused + (signOf(next.lease) === watched ? silent : 0);
      watched = signOf(next.lease);
    } else {
      const holder = crypto.randomUUID();
      const asked = Date.now();
      const mine = { id: (!force && lease?.id) || holder, holder, beat: 0, length: LENGTH, until: asked + LENGTH };
      const taken = await take(slot, mine);
      if (!taken) return { kind: "lease", held: { ...slot, lease: mine, version: undefined } };
      slot = taken.slot;
      if (taken.ok) {
        const length = Math.min(LONGEST, Math.max(LENGTH, SLOWNESS * (Date.now() - asked)));
        return { kind: "lease", held: { ...slot, lease: { ...mine, length } } };
      }
      tries++;
    }
    if (enough(slot)) return { kind: "result", slot };
    const { ending } = slot;
    if (ending && ending.id !== seen.ending?.id && patience && !force) return { kind: ending.how };
  }
  return { kind: "none" };

  /** Whether the holder is gone: it has not renewed its lease for as long as the lease lasts. */
  function isOver(lease: Lease): boolean {
    if (lease.holder === gone) return true;
    const now = Date.now();
    if (now > lease.until + CLOCK_SKEW) return true;
    // A call that does not wait cannot watch the lease, so it compares the clock.
    return patience ? signOf(lease) === watched && silent >= lease.length : hasEnded(lease);
  }
}

/** Whether a lease has ended by the clock. One that lasts longer than any holder asks for is damaged, and counts as ended. */
export function hasEnded({ until }: Lease): boolean {
  const left = until - Date.now();
  return left < 0 || left > LONGEST + CLOCK_SKEW;
}

const signOf = (lease: Lease | undefined): string => (lease ? `${lease.holder} ${lease.beat}` : "");
