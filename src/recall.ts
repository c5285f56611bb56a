import { refuse } from "./checks.ts";
import type { AnyDriver, Awaitable } from "./driver.ts";
import { KeyValueError } from "./errors.ts";
import { toJson } from "./json.ts";
import { type Kept, type Lease, type Outcome, type Slot, slots } from "./lease.ts";
import type { AsyncKeyValue, CollectionOptions } from "./protocol.ts";
import { toDriver } from "./store.ts";

/** How one caller in the world makes a result while the others wait. */
export interface LeaseOptions {
  /** Seconds after which another caller may take over from one that has not finished. Default: 30. */
  readonly ttl?: number | undefined;
  /** Seconds to wait for the result of another caller before calling the function as well. Default: those of `ttl`. */
  readonly wait?: number | undefined;
}

/** Options that `cached` and `cachedResponse` have in common. */
export interface RecallOptions extends CollectionOptions {
  /**
   * Takes the work that goes on after an answer, such as `(promise) => ctx.waitUntil(promise)`; a scope that has a
   * `waitUntil` method is asked first. The promises never reject. Default: nobody waits for them.
   */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined;
  /**
   * On a store with `swap`, callers agree through a lease in the store on one that makes a result; `false` switches
   * that off. Default: on.
   */
  readonly lock?: LeaseOptions | false | undefined;
  /** What comes of a call when the store fails: the answer of the function (the default), or the failure. */
  readonly onStoreError?: "ignore" | "throw" | undefined;
  /** Is told of failures that no caller sees: of the store, and of a function that had an old value to stand in for it. */
  readonly onError?: ((error: unknown, key: string) => void) | undefined;
}

/** For how many seconds a result is fresh, may be stale, and may stand in for a failure; the latter two follow on the first. */
export interface Life {
  readonly fresh: number;
  readonly stale: number;
  readonly onError: number;
}

/** What making a result gives; without a life it is not kept. */
export interface Made {
  readonly value: unknown;
  readonly life: Life | undefined;
}

/** An answer and where it is from: `failed` is an old value that stands in for a failure. */
export interface Recalled {
  readonly state: "hit" | "stale" | "failed" | "made";
  readonly value: unknown;
  readonly at: number;
  readonly fresh: number;
  /** Whether it came of another caller's work. */
  readonly shared?: boolean;
}

export interface How {
  /** Callers with the same scope share what they do at the same time. Without one nothing is shared. */
  readonly scope: object | undefined;
  /** Makes a new result whatever there is. */
  readonly force?: boolean;
  /** Whether a result that is kept will do; such a call shares nothing. */
  readonly usable?: ((kept: Kept) => boolean) | undefined;
}

/** A call under way. It holds no promise, which another request on Workers must not wait for. */
interface Call {
  readonly key: string;
  readonly since: number;
  /** Whether it has started to make a result. */
  making: boolean;
  /** Whether callers may join it. */
  open: boolean;
  /** Whether its result is still wanted in a store without leases. */
  current: boolean;
}

/** A call that others of the same scope can join; from its answer on until `fresh`. */
interface Joinable {
  readonly call: Call;
  readonly promise: Promise<Recalled>;
  fresh: number;
}

export interface Recaller {
  recall(key: string, make: () => Promise<Made>, how: How): Promise<Recalled>;
  /** What lies in the store. */
  look(key: string): Promise<Kept | undefined>;
  forget(key: string): Promise<void>;
}

/** The pauses between two looks at somebody else's lease, in milliseconds. */
const SHORTEST_PAUSE = 20;
const LONGEST_PAUSE = 500;

/** How often a lease is tried for before the call goes on without one. */
const TRIES = 100;

/** Calls that have been under way for so many leases will not end: on Workers those of a request that was cancelled. */
const LOST = 10;

/**
 * Keeps results in a store: the part that `cached` and `cachedResponse` share.
 *
 * `valid` says whether a result may be kept, and whether one that was kept may be used.
 */
export function recaller(
  store: AsyncKeyValue,
  options: RecallOptions,
  valid: (value: unknown) => Awaitable<boolean> = () => true,
): Recaller {
  const { onStoreError = "ignore", onError, lock = {} } = options;
  if (onStoreError !== "ignore" && onStoreError !== "throw") refuse("onStoreError", '"ignore" or "throw"');
  const leaseMs = seconds("lock.ttl", lock ? (lock.ttl ?? 30) : 30) * 1000;
  const waitMs = lock ? seconds("lock.wait", lock.wait ?? leaseMs / 1000, true) * 1000 : 0;
  const collection = options.collection ?? store.defaultCollection ?? "default_collection";
  const driver = toDriver(store) as AnyDriver;
  const { swap, find, take, settle, remove } = slots(driver, collection, leaseMs, lock !== false);
  const joinables = new WeakMap<object, Map<string, Joinable>>();
  const calls = new Set<Call>();

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

  function later(work: Promise<unknown>, scope: object | undefined): void {
    const { waitUntil } = Object(scope) as { waitUntil?: unknown };
    if (typeof waitUntil === "function") waitUntil.call(scope, work);
    else options.waitUntil?.(work);
  }

  const look = (key: string, fresh?: boolean): Promise<Slot | undefined> =>
    attempt(key, async () => checked(await find(key, fresh)));

  async function checked(slot: Slot): Promise<Slot> {
    return slot.kept && !(await valid(slot.kept.value)) ? { ...slot, kept: undefined } : slot;
  }

  function begin(key: string): Call {
    const call = { key, since: Date.now(), making: false, open: true, current: true };
    for (const old of calls) {
      if (old.since + LOST * leaseMs > call.since) break;
      calls.delete(old);
    }
    calls.add(call);
    return call;
  }

  /** The answer for now, when there is one. */
  function served({ kept }: Slot, { usable }: How, shared = false): Recalled | undefined {
    const now = Date.now();
    if (!kept || now >= Math.max(kept.fresh, kept.stale) || usable?.(kept) === false) return undefined;
    return { ...recalled(now < kept.fresh ? "hit" : "stale", kept), shared };
  }

  async function answer(call: Call, make: () => Promise<Made>, how: How, after: Promise<unknown>[]): Promise<Recalled> {
    const { key } = call;
    const slot = await look(key);
    if (!slot) return made(await make());
    const found = how.force ? undefined : served(slot, how);
    if (found?.state === "stale" && !busy(key, slot)) {
      const refreshed = refresh(call, slot, make, how, after, true).catch((error) => report(error, key));
      after.push(refreshed);
      later(refreshed, how.scope);
    }
    return found ?? ((await refresh(call, slot, make, how, after)) as Recalled);
  }

  /** Whether somebody makes the next result already, as far as that can be seen. */
  function busy(key: string, { lease }: Slot): boolean {
    const now = Date.now();
    if (swap) return lease !== undefined && lease.until > now;
    return [...calls].some((call) => call.key === key && call.making && call.current && call.since + leaseMs > now);
  }

  /** Gets the lease, or the answer of whoever has it; nothing when a result that nobody waits for is made elsewhere. */
  async function refresh(
    call: Call,
    first: Slot,
    make: () => Promise<Made>,
    how: How,
    after: Promise<unknown>[],
    background = false,
  ): Promise<Recalled | undefined> {
    const { key } = call;
    const begun = Date.now();
    let slot: Slot | undefined = first;
    let held: Lease = { id: crypto.randomUUID(), until: 0 };
    let paused = 0;
    for (let tries = 0, pauses = 0; swap && tries < TRIES; ) {
      const { lease }: Slot = slot;
      if (lease && lease.until > Date.now() && !how.force) {
        if (background) return undefined;
        // Not by the clock alone: it may stand still.
        if (paused >= waitMs || Date.now() - begun >= waitMs) {
          // The first of those who make a result under the same lease leaves it there; only its holder gives it back.
          held = { id: lease.id, until: 0 };
          break;
        }
        paused += await pause(pauses++, Math.max(1, lease.until - Date.now()));
        slot = await look(key, true);
        if (!slot) return made(await make());
      } else {
        const id: string = (!how.force && lease?.id) || crypto.randomUUID();
        const mine: Lease = { id, until: Date.now() + leaseMs };
        const seen: Slot = slot;
        const other: Slot | undefined = await attempt(key, () => take(key, seen, mine));
        // A store that fails may have taken it nevertheless.
        held = mine;
        if (!other) break;
        slot = await checked(other);
        tries++;
      }
      const found = how.force ? undefined : served(slot, how, true);
      if (found?.state === "hit" || (found && !background)) return background ? undefined : found;
    }
    return run(call, held, slot as Slot, make, how, after);
  }

  async function run(
    call: Call,
    lease: Lease,
    { kept: old }: Slot,
    make: () => Promise<Made>,
    { force, scope }: How,
    after: Promise<unknown>[],
  ): Promise<Recalled> {
    const { key } = call;
    if (!swap) for (const other of calls) if (other.key === key && other.making) other.current = false;
    call.making = true;
    const end = (outcome: Outcome) => settle(key, lease, outcome, () => call.current);
    let result: Made;
    try {
      result = await make();
    } catch (error) {
      await attempt(key, () => end("keep"), "ignore");
      if (!old || force || Date.now() >= old.onError) throw error;
      report(error, key);
      return recalled("failed", old);
    }
    const { value, life } = result;
    const at = Date.now();
    let outcome: Outcome = "drop";
    try {
      if (life && (await valid(value))) outcome = keptOf(value, at, life);
    } catch (error) {
      await attempt(key, () => end("drop"), "ignore");
      if (onStoreError === "throw") throw error;
      report(error, key);
      return made(result, at);
    }
    const stored = attempt(key, () => end(outcome));
    const waits = onStoreError === "throw" || !(options.waitUntil || "waitUntil" in Object(scope));
    if (waits) await stored;
    else {
      after.push(stored);
      later(stored, scope);
    }
    return made(result, at);
  }

  return {
    async recall(key, make, how) {
      const { scope, force, usable } = how;
      const here = scope && !usable ? (joinables.get(scope) ?? new Map<string, Joinable>()) : undefined;
      if (scope && here) joinables.set(scope, here);
      const running = here?.get(key);
      if (running?.call.open && !force && Date.now() < running.fresh) {
        const joined = await running.promise;
        return { ...joined, value: copyOf(joined.value), shared: true };
      }
      const call = begin(key);
      const after: Promise<unknown>[] = [];
      const joinable: Joinable = { call, promise: answer(call, make, how, after), fresh: Number.POSITIVE_INFINITY };
      here?.set(key, joinable);
      const done = (): void => {
        calls.delete(call);
        if (here?.get(key) === joinable) here.delete(key);
      };
      try {
        const answered = await joinable.promise;
        joinable.fresh = answered.fresh;
        if (after.length > 0) void Promise.all(after).then(done);
        else done();
        return answered;
      } catch (error) {
        done();
        throw error;
      }
    },

    async look(key) {
      const kept = (await look(key))?.kept;
      return kept && { ...kept, value: copyOf(kept.value) as Kept["value"] };
    },

    async forget(key) {
      for (const call of calls) if (call.key === key) call.open = call.current = false;
      await remove(key);
    },
  };
}

/**
 * The scope of calls that name none: the object whose methods they are, but none on Cloudflare Workers, where it may
 * outlive a request, and a promise of one request must not be awaited in another.
 */
export function ownScope(): object | undefined {
  return globalThis.navigator?.userAgent === "Cloudflare-Workers" ? undefined : {};
}

/** Returns a number of seconds. */
export function seconds(name: string, value: unknown, zero = false): number {
  if (typeof value === "number" && (value > 0 || (zero && value === 0)) && value < 1e11) return value;
  throw new KeyValueError("invalid_ttl", `${name} must be ${zero ? "0 or " : ""}a positive number of seconds`);
}

function made({ value, life }: Made, at: number = Date.now()): Recalled {
  return { state: "made", value, at, fresh: at + (life?.fresh ?? 0) * 1000 };
}

function recalled(state: Recalled["state"], { value, at, fresh }: Kept): Recalled {
  return { state, value: copyOf(value), at, fresh };
}

function keptOf(value: unknown, at: number, { fresh, stale, onError }: Life): Kept {
  const end = at + Math.round(fresh * 1000);
  return {
    value: value === null || value === undefined ? (value as null | undefined) : toJson(value),
    at,
    fresh: end,
    stale: end + stale * 1000,
    onError: end + onError * 1000,
  };
}

/** A copy, or the value itself where it has none. */
function copyOf(value: unknown): unknown {
  if (value === null || value === undefined) return value;
  try {
    return toJson(value);
  } catch {
    return value;
  }
}

/** Those who wait together must not come back together. Answers with the milliseconds. */
async function pause(number: number, most: number): Promise<number> {
  const longest = Math.min(SHORTEST_PAUSE * 2 ** number, LONGEST_PAUSE);
  const milliseconds = Math.min(longest * (0.5 + Math.random() / 2), most);
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return milliseconds;
}
