import { object, refuse } from "./core/checks.ts";
import { KeyValueError } from "./core/errors.ts";
import type { AtomicKeyValue } from "./core/requirements.ts";
import { delay, lifetime, settledWithin } from "./core/times.ts";
import { type Lock, type LockOptions, takeIfFree, takeWhenFree } from "./locking/held.ts";
import { keepExtended } from "./locking/renewal.ts";

export type { Lock, LockOptions };

/** What {@link withLock} tells its work. */
export interface HeldLock extends Pick<Lock, "token"> {
  /** Is aborted when the lock is lost: somebody else has it, or the store failed for as long as the TTL. */
  readonly signal: AbortSignal;
}

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
  return (await takeIfFree(store, key, options))?.held ?? null;
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
  return (await takeWhenFree(store, key, options)).held;
}

/**
 * Runs work under a lock: waits for the lock, extends it while the work runs, and releases it at the end.
 *
 * The lock is extended each third of its TTL, so a short TTL (10 to 30 seconds) serves long work: if this process dies, others
 * wait no longer than that. If the lock is lost, the `signal` of the work is aborted; pass it on to what the work calls. A
 * release that hangs is waited for as long as the TTL at most.
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
  const life = lifetime(object(options).ttl ?? Number.NaN, "ttl", { key });
  // The extensions count on timers.
  delay(options.ttl, "ttl");
  const { held, asked } = await takeWhenFree(store, key, options);
  const lost = new AbortController();
  const renewal = keepExtended(held, life, asked, (cause) => {
    lost.abort(new KeyValueError("conflict", "the lock was lost", { key, cause }));
  });
  try {
    return await work({ token: held.token, signal: lost.signal });
  } finally {
    renewal.stop();
    // The work is done. If the release fails or hangs, the lock is free after its TTL.
    await settledWithin(life, held.release());
  }
}
