import { KeyValueError } from "./core/errors.ts";
import type { AsyncKeyValue, CapabilityMethods, CollectionOptions } from "./core/protocol.ts";
import { abortable, pause } from "./core/times.ts";

/** Options of {@link lock} and {@link tryLock}. */
export interface LockOptions extends CollectionOptions {
  /** Seconds after which the lock is free again if it has not been released or extended. */
  readonly ttl: number;
  /** Ends the waiting with code `aborted`; `AbortSignal.timeout` bounds it. Default: waits for as long as it takes. */
  readonly signal?: AbortSignal | undefined;
}

/** A lock that is held. */
export interface Lock {
  /**
   * Grows with every holder of this lock, for fencing: whatever the lock protects can refuse a token that is lower than
   * the highest it has seen, and so a holder that was paused for longer than its TTL.
   */
  readonly token: number;
  /** Holds it for `ttl` seconds from now, by default those it was taken for; false when somebody else has it by now. */
  extend(ttl?: number): Promise<boolean>;
  /** Frees it; false when somebody else has it by now. */
  release(): Promise<boolean>;
  /** Releases it at the end of a block that began with `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What lies in the store. It never expires, since the next token must be known long after the lock is free. */
interface State {
  readonly token: number;
  readonly owner: string | null;
  readonly until: number;
}

/** The longest pause between two tries, in milliseconds. */
const LONGEST_PAUSE = 1000;

/**
 * Takes a lock when it is free, and answers `null` at once when it is not.
 *
 * It holds across isolates and machines, as far as their clocks agree on when a TTL is over; where that matters, let
 * the protected resource check the `token`.
 *
 * @throws KeyValueError `invalid_ttl` when the TTL is not a positive finite number.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { tryLock } from "edge-key-value/lock";
 *
 * const held = await tryLock(memoryStore(), "nightly-report", { ttl: 60 });
 * if (held) {
 *   // Write the report, then:
 *   await held.release();
 * }
 * ```
 */
export async function tryLock(
  store: AsyncKeyValue & Pick<CapabilityMethods, "update">,
  key: string,
  { ttl, collection, signal }: LockOptions,
): Promise<Lock | null> {
  abortable(signal);
  if (signal?.aborted) throw new KeyValueError("aborted", "the lock was not waited for", { key, cause: signal.reason });
  // Refuses a wrong TTL also while somebody else has the lock.
  untilOf(ttl);
  const owner = crypto.randomUUID();
  const change = async (next: (state: State) => State): Promise<boolean> => {
    let held = false;
    await store.update<State>(
      key,
      (state) => {
        held = state?.owner === owner;
        return state && held ? next(state) : undefined;
      },
      { collection },
    );
    return held;
  };
  const state = await store.update<State>(
    key,
    (state) => {
      if (state?.owner === owner) return undefined;
      const free = !state?.owner || state.until <= Date.now();
      return free ? { token: (state?.token ?? 0) + 1, owner, until: untilOf(ttl) } : undefined;
    },
    { collection },
  );
  if (state?.owner !== owner) return null;
  const { token } = state;
  const release = () => change((state) => ({ ...state, owner: null }));
  return {
    token,
    extend: (longer = ttl) => change((state) => ({ ...state, until: untilOf(longer) })),
    release,
    [Symbol.asyncDispose]: async () => void (await release()),
  };
}

/**
 * Takes a lock, waiting until it is free.
 *
 * @throws KeyValueError `aborted` when the signal ends the waiting, `invalid_ttl` when the TTL is not a positive number.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { lock } from "edge-key-value/lock";
 *
 * const held = await lock(memoryStore(), "nightly-report", { ttl: 60, signal: AbortSignal.timeout(5_000) });
 * try {
 *   console.log(`writing the report, with the fencing token ${held.token}`);
 * } finally {
 *   await held.release();
 * }
 * ```
 */
export async function lock(
  store: AsyncKeyValue & Pick<CapabilityMethods, "update">,
  key: string,
  options: LockOptions,
): Promise<Lock> {
  for (let longest = 25; ; longest = Math.min(longest * 2, LONGEST_PAUSE)) {
    const held = await tryLock(store, key, options);
    if (held) return held;
    // Waiters that started together must not come back together.
    await pause(longest * (0.5 + Math.random() / 2), options.signal);
  }
}

function untilOf(ttl: number): number {
  if (typeof ttl === "number" && ttl > 0 && Number.isFinite(ttl)) return Date.now() + ttl * 1000;
  throw new KeyValueError("invalid_ttl", "ttl must be a positive number of seconds");
}
