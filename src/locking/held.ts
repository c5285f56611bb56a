import { object, string } from "../core/checks.ts";
import { KeyValueError } from "../core/errors.ts";
import { operate } from "../core/operate.ts";
import { hold } from "../core/operations/hold.ts";
import type { CollectionOptions } from "../core/protocol.ts";
import { type AtomicKeyValue, atomicDriver } from "../core/requirements.ts";
import type { AsyncDispose } from "../core/store.ts";
import { abortable, abortedBy, lifetime, orAborted, pause } from "../core/times.ts";

/** Options of `lock`, `tryLock` and `withLock`. */
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

/** A lock that was taken, and when the store was asked for it, in epoch milliseconds. */
export interface Taken {
  readonly held: Lock;
  readonly asked: number;
}

/** The shortest and the longest pause between two tries, in milliseconds. */
const SHORTEST_PAUSE = 25;
const LONGEST_PAUSE = 1000;

/** Takes a lock, and waits until it is free. */
export async function takeWhenFree(store: AtomicKeyValue, key: string, options: LockOptions): Promise<Taken> {
  for (let longest = SHORTEST_PAUSE; ; longest = Math.min(longest * 2, LONGEST_PAUSE)) {
    const taken = await takeIfFree(store, key, options);
    if (taken) return taken;
    // Waiters that started together must not come back together.
    await pause(longest * (0.5 + Math.random() / 2), options.signal);
  }
}

/** Takes a lock if it is free. */
export async function takeIfFree(store: AtomicKeyValue, key: string, options: LockOptions): Promise<Taken | null> {
  const driver = atomicDriver(store, "a lock", { lossless: true });
  const { ttl, collection = "locks", signal } = object(options);
  abortable(signal);
  const address = { collection: string(collection, "collection"), key: string(key) };
  const details = { store: driver.name, ...address };
  const lifeOf = (seconds: number): number => lifetime(seconds ?? Number.NaN, "ttl", details);
  const owner = crypto.randomUUID();

  async function ask(life: number, take: boolean): Promise<number | undefined> {
    const result = await operate(driver, address, hold, { owner, life, take });
    if (!result) return undefined;
    if ("token" in result) return result.token;
    throw new KeyValueError("wrong_kind", "the value under the key is not a lock", details);
  }

  const life = lifeOf(ttl);
  abortedBy(signal, details);
  const asked = Date.now();
  const taking = ask(life, true);
  const token = await orAborted(taking, signal, details).catch((error: unknown) => {
    const isTaken = taking.then((late) => late !== undefined, mayHaveHappened);
    void isTaken.then((taken) => (taken ? ask(0, false) : undefined)).catch(() => {});
    throw error;
  });
  if (token === undefined) return null;

  const release = async () => (await ask(0, false)) !== undefined;
  const held: Lock = {
    token,
    extend: async (longer = ttl) => (await ask(lifeOf(longer), false)) !== undefined,
    release,
    [Symbol.asyncDispose]: async () => void (await release()),
  };
  return { held, asked };
}

/** Whether a call that failed may have taken the lock, which nobody would release then. */
function mayHaveHappened(failure: unknown): boolean {
  return !(failure instanceof KeyValueError) || ["unavailable", "timeout", "backend"].includes(failure.code);
}
