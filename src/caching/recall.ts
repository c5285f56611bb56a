import { oneOf } from "../core/checks.ts";
import type { AnyDriver, Awaitable } from "../core/driver.ts";
import type { AsyncKeyValue } from "../core/protocol.ts";
import { toDriver } from "../core/store.ts";
import { type Call, inFlight } from "./in-flight.ts";
import { type Kept, type Lease, type Outcome, type Slot, slots } from "./lease.ts";
import { type RecallOptions, seconds } from "./options.ts";
import { copyOf, keptOf, type Made, made, type Recalled, recalled } from "./recalled.ts";
import { hasWaitUntil } from "./scope.ts";

/** How an answer is wanted. */
export interface How {
  /** Calls with the same scope share what they do at the same time. Without one nothing is shared. */
  readonly scope: object | undefined;
  /** Makes a new result whatever there is. */
  readonly force?: boolean | undefined;
  /** Whether a result that is kept will do; such a call joins no other. */
  readonly usable?: ((kept: Kept) => boolean) | undefined;
}

/** One call, and what it goes by. */
interface Asked extends How {
  readonly call: Call;
  readonly make: () => Promise<Made>;
}

export interface Recaller {
  /** The result that is kept, or a new one. */
  recall(key: string, make: () => Promise<Made>, how: How): Promise<Recalled>;
  /** The result that is kept, for as long as it may be used for anything. */
  look(key: string): Promise<Kept | undefined>;
  forget(key: string): Promise<void>;
}

/** The pauses between two looks at somebody else's lease, in milliseconds. */
const SHORTEST_PAUSE = 20;
const LONGEST_PAUSE = 500;

/** How often a lease is tried for before a call goes on without one. */
const TRIES = 100;

/**
 * Keeps results in a store: what `cached` and `cachedResponse` have in common.
 *
 * `valid` says whether a result may be kept, and whether one that was kept may be used.
 */
export function recaller(
  store: AsyncKeyValue,
  options: RecallOptions,
  valid: (value: unknown) => Awaitable<boolean> = () => true,
): Recaller {
  const { onStoreError = "ignore", onError, waitUntil, lock = {} } = options;
  oneOf(onStoreError, "onStoreError", ["ignore", "throw"]);
  const leaseMs = seconds("lock.ttl", lock ? (lock.ttl ?? 30) : 30) * 1000;
  const waitMs = lock ? seconds("lock.wait", lock.wait ?? leaseMs / 1000, true) * 1000 : 0;
  const collection = options.collection ?? store.defaultCollection ?? "default_collection";
  const driver = toDriver(store) as AnyDriver;
  const { swap, find, take, settle, remove } = slots(driver, collection, leaseMs, lock !== false);
  const { join, start, makes, isMade, forget } = inFlight<Recalled>(leaseMs);

  function report(error: unknown, key: string): void {
    try {
      onError?.(error, key);
    } catch {
      // Nobody could see it, and the work that goes on after an answer must not reject.
    }
  }

  /** What a call to the store gives; nothing when it fails and that is to be ignored. */
  async function attempt<R>(key: string, work: () => Awaitable<R>, policy = onStoreError): Promise<R | undefined> {
    try {
      return await work();
    } catch (error) {
      if (policy === "throw") throw error;
      report(error, key);
      return undefined;
    }
  }

  /** Hands work to whoever keeps the request alive for it, if anybody does. */
  function later(work: Promise<unknown>, { call, scope }: Asked): void {
    call.after.push(work);
    if (hasWaitUntil(scope)) scope.waitUntil(work);
    else waitUntil?.(work);
  }

  const look = (key: string, fresh?: boolean): Promise<Slot | undefined> =>
    attempt(key, async () => checked(await find(key, fresh)));

  async function checked(slot: Slot): Promise<Slot> {
    return slot.kept && !(await valid(slot.kept.value)) ? { ...slot, kept: undefined } : slot;
  }

  /** What is kept, where that will do. */
  function served({ kept }: Slot, { force, usable }: How): Recalled | undefined {
    const now = Date.now();
    if (!kept || force || now >= Math.max(kept.fresh, kept.stale) || usable?.(kept) === false) return undefined;
    return recalled(now < kept.fresh ? "hit" : "stale", kept);
  }

  async function answer(key: string, asked: Asked): Promise<Recalled> {
    const slot = await look(key);
    if (!slot) return made(await asked.make());
    const found = served(slot, asked);
    if (!found) return (await renew(key, slot, asked)) as Recalled;
    if (found.state === "stale" && !isBusy(key, slot)) {
      const renewed = renew(key, slot, asked, true).catch((error) => report(error, key));
      later(renewed, asked);
    }
    return found;
  }

  /** Whether somebody makes the next result already, as far as that can be seen. */
  function isBusy(key: string, { lease }: Slot): boolean {
    if (!swap) return isMade(key, Date.now() - leaseMs);
    return lease !== undefined && lease.until > Date.now();
  }

  /** Gets the lease and makes a result, or waits for whoever has it; nobody waits in the background, so nothing comes of it. */
  async function renew(key: string, first: Slot, asked: Asked, background = false): Promise<Recalled | undefined> {
    const begun = Date.now();
    let slot = first;
    let paused = 0;
    for (let tries = 0, pauses = 0; swap && tries < TRIES; ) {
      const { lease } = slot;
      if (lease && lease.until > Date.now() && !asked.force) {
        if (background) return undefined;
        // By the clock and without it: it may stand still.
        if (paused >= waitMs || Date.now() - begun >= waitMs) {
          // The first of those who make a result under the same lease leaves it there; only its holder gives it back.
          return run(key, { ...lease, holder: "" }, slot, asked);
        }
        paused += await pause(pauses++, Math.max(1, lease.until - Date.now()));
        const next = await look(key, true);
        if (!next) return made(await asked.make());
        slot = next;
      } else {
        const holder = crypto.randomUUID();
        const mine = { id: (!asked.force && lease?.id) || holder, holder, until: Date.now() + leaseMs };
        const seen = slot;
        const other = await attempt(key, () => take(key, seen, mine));
        // A store that fails may have taken it nevertheless.
        if (!other) return run(key, mine, slot, asked);
        slot = await checked(other);
        tries++;
      }
      const found = served(slot, asked);
      if (found?.state === "hit" || (found && !background)) return found;
    }
    return run(key, { id: "", holder: "", until: 0 }, slot, asked);
  }

  async function run(key: string, lease: Lease, { kept: old }: Slot, asked: Asked): Promise<Recalled> {
    const { call, make, force, scope } = asked;
    makes(call);
    const end = (outcome: Outcome, policy = onStoreError) =>
      attempt(key, () => settle(key, lease, outcome, () => call.current), policy);
    let result: Made;
    try {
      result = await make();
    } catch (error) {
      await end("keep", "ignore");
      if (!old || force || Date.now() >= old.onError) throw error;
      report(error, key);
      return recalled("failed", old);
    }
    const { value, life } = result;
    const answered = made(result);
    let outcome: Outcome = "drop";
    try {
      if (life && (await valid(value))) outcome = keptOf(value, answered.at, life);
    } catch (error) {
      await end("drop", "ignore");
      if (onStoreError === "throw") throw error;
      report(error, key);
      return answered;
    }
    const ended = end(outcome);
    if (onStoreError === "throw" || !(waitUntil || hasWaitUntil(scope))) await ended;
    else later(ended, asked);
    return answered;
  }

  return {
    async recall(key, make, how) {
      const { scope, force, usable } = how;
      const running = force || usable ? undefined : join(scope, key);
      if (!running) return start(usable ? undefined : scope, key, (call) => answer(key, { ...how, make, call }));
      const joined = await running;
      return { ...joined, value: copyOf(joined.value) };
    },

    async look(key) {
      const kept = (await look(key))?.kept;
      return kept && { ...kept, value: copyOf(kept.value) };
    },

    async forget(key) {
      forget(key);
      await remove(key);
    },
  };
}

/** Those who wait together must not come back together. Answers with the milliseconds. */
async function pause(number: number, most: number): Promise<number> {
  const longest = Math.min(SHORTEST_PAUSE * 2 ** number, LONGEST_PAUSE);
  const milliseconds = Math.min(longest * (0.5 + Math.random() / 2), most);
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return milliseconds;
}
