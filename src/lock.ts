import { object, refuse, string } from "./core/checks.ts";
import type { Driver } from "./core/driver.ts";
import { KeyValueError } from "./core/errors.ts";
import { operate } from "./core/operate.ts";
import { hold } from "./core/operations/hold.ts";
import type { AsyncKeyValue, CollectionOptions } from "./core/protocol.ts";
import { type AtomicKeyValue, atomicDriver } from "./core/requirements.ts";
import type { AsyncDispose } from "./core/store.ts";
import { abortable, delay, lifetime, orAborted, pause } from "./core/times.ts";

/** Options of {@link lock}, {@link tryLock} and {@link withLock}. */
export interface LockOptions extends CollectionOptions {
  /** Seconds after which the lock is free again unless it is released or extended. */
  readonly ttl: number;
  /** The collection of the locks. Default: `"locks"`. */
  readonly collection?: string | undefined;
  /**
   * Ends the wait with code `aborted`, also while a call to the store hangs; `AbortSignal.timeout` bounds the wait. A lock
   * that arrives later is released. Default: wait until the lock is free.
   */
  readonly signal?: AbortSignal | undefined;
}

/** A lock that is held. */
export interface Lock extends Disposal {
  /**
   * A fencing token: a number that is larger for every later holder. Send it along with each write, and let the resource
   * refuse a token below the highest it has seen. It keeps out a holder that was paused for longer than its TTL.
   *
   * Tokens start at the time in microseconds, so they never go backwards as long as the clock does not: the backend's clock
   * where it has one (Durable Objects, Redis), the callers' clocks elsewhere.
   */
  readonly token: number;
  /** Holds the lock for `ttl` seconds from now (default: its own TTL). Returns `false` if somebody else has it. */
  extend(ttl?: number): Promise<boolean>;
  /** Frees the lock. Returns `false` if somebody else has it. */
  release(): Promise<boolean>;
}

/** Releases the lock at the end of the block of an `await using`, where the compiler's libraries know that. */
type Disposal = { [Key in AsyncDispose]: () => Promise<void> };

/** What {@link withLock} tells its work. */
export interface HeldLock extends Pick<Lock, "token"> {
  /** Is aborted when the lock is lost: somebody else has it, or the store failed for as long as the TTL. */
  readonly signal: AbortSignal;
}

/** The shortest and the longest pause between two tries, in milliseconds. */
const SHORTEST_PAUSE = 25;
const LONGEST_PAUSE = 1000;

/**
 * Takes a lock if it is free; returns `null` at once if it is not. One call to the store.
 *
 * The lock holds across isolates and machines. Where the protected resource must be safe from a holder that overslept its
 * TTL, let the resource check the `token`.
 *
 * @throws KeyValueError `misconfigured` for a store that has no atomic operations or may drop live entries, `wrong_kind` for
 * a key that holds another value, `invalid_ttl`, `aborted`.
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
export async function tryLock(store: AtomicKeyValue, key: string, options: LockOptions): Promise<Lock | null> {
  return await take(lockable(store), string(key), options);
}

/**
 * Takes a lock, and waits until it is free.
 *
 * @throws KeyValueError `aborted` when the signal ends the wait, and the codes of {@link tryLock}.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { lock } from "edge-key-value/lock";
 *
 * await using held = await lock(memoryStore(), "nightly-report", { ttl: 60, signal: AbortSignal.timeout(5_000) });
 * console.log(`writing the report with fencing token ${held.token}`);
 * ```
 */
export async function lock(store: AtomicKeyValue, key: string, options: LockOptions): Promise<Lock> {
  const driver = lockable(store);
  for (let longest = SHORTEST_PAUSE; ; longest = Math.min(longest * 2, LONGEST_PAUSE)) {
    const held = await take(driver, string(key), options);
    if (held) return held;
    // Waiters that started together must not come back together.
    await pause(longest * (0.5 + Math.random() / 2), options.signal);
  }
}

/**
 * Runs work under a lock: waits for the lock, extends it while the work runs, and releases it at the end.
 *
 * The lock is extended each third of its TTL, so a short TTL (10 to 30 seconds) serves long work: if this process dies, others
 * wait no longer than that. If the lock is lost, the `signal` of the work is aborted; pass it on to what the work calls.
 *
 * @returns What the work returns.
 * @throws What the work throws, and the errors of {@link lock}.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { withLock } from "edge-key-value/lock";
 *
 * const report = await withLock(memoryStore(), "nightly-report", { ttl: 15 }, async ({ signal, token }) => {
 *   const response = await fetch("https://example.com/report", { signal, headers: { "x-fencing-token": `${token}` } });
 *   return response.text();
 * });
 * ```
 */
export async function withLock<T>(
  store: AtomicKeyValue,
  key: string,
  options: LockOptions,
  work: (held: HeldLock) => T | Promise<T>,
): Promise<T> {
  if (typeof work !== "function") refuse("work", "a function", work);
  const held = await lock(store, key, options);
  const lost = new AbortController();
  const renewal = keepExtended(held, delay(options.ttl, "ttl"), (cause) => {
    lost.abort(new KeyValueError("conflict", "the lock was lost", { key, cause }));
  });
  try {
    return await work({ token: held.token, signal: lost.signal });
  } finally {
    renewal.stop();
    // The work is done. If the release fails, the lock is free after its TTL.
    await held.release().catch(() => false);
  }
}

/** Extends a lock each third of its life until it is stopped, and tells when the lock is lost. */
function keepExtended(held: Lock, life: number, onLost: (cause?: unknown) => void): { stop(): void } {
  let safeUntil = Date.now() + life;
  let stopped = false;

  const schedule = () => setTimeout(extend, life / 3);
  let timer = schedule();
  async function extend(): Promise<void> {
    const asked = Date.now();
    let cause: unknown;
    const extended = await held.extend().catch((error: unknown) => {
      cause = error;
      return undefined;
    });
    if (stopped) return;
    if (extended) safeUntil = asked + life;
    // A store that fails may be back in time.
    if (extended === false || Date.now() >= safeUntil) return onLost(cause);
    timer = schedule();
  }

  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** The driver of a store that keeps locks safe. */
function lockable(store: AsyncKeyValue): Driver<"swap"> {
  const driver = atomicDriver(store, "a lock");
  if (!driver.lossy) return driver;
  const message = "a lock needs a store that keeps every entry until it expires: this one may drop it earlier";
  throw new KeyValueError("misconfigured", message, { store: driver.name });
}

async function take(driver: Driver<"swap">, key: string, options: LockOptions): Promise<Lock | null> {
  const { ttl, collection = "locks", signal } = object(options);
  abortable(signal);
  const address = { collection: string(collection, "collection"), key };
  const details = { store: driver.name, ...address };
  const lifeOf = (seconds: number): number => lifetime(seconds ?? Number.NaN, "ttl", details);
  const owner = crypto.randomUUID();

  async function ask(life: number, take: boolean): Promise<number | undefined> {
    const result = await operate(driver, address, hold, { owner, life, take });
    if (!result) return undefined;
    if ("token" in result) return result.token;
    throw new KeyValueError("wrong_kind", "the value under the key is not a lock", details);
  }

  const taking = ask(lifeOf(ttl), true);
  const token = await orAborted(taking, signal, details).catch((error: unknown) => {
    void taking.then((late) => (late === undefined ? undefined : ask(0, false))).catch(() => {});
    throw error;
  });
  if (token === undefined) return null;

  const release = async () => (await ask(0, false)) !== undefined;
  return {
    token,
    extend: async (longer = ttl) => (await ask(lifeOf(longer), false)) !== undefined,
    release,
    [Symbol.asyncDispose]: async () => void (await release()),
  };
}
