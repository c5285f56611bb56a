import type { Awaitable, Change, Driver } from "./driver.ts";
import { type Address, type Entry, live } from "./entry.ts";
import { KeyValueError } from "./errors.ts";
import { isPromise } from "./promises.ts";
import { abortedBy, pause } from "./times.ts";

/** How long to go on after lost races, in milliseconds. */
const BUDGET = 30_000;

/**
 * The longest window of a pause, in swaps that take as long as the last one. It leaves room for hundreds of callers. With
 * more of them, a longer window would only let the unluckiest wait: one swap succeeds at a time anyway. Where calls wait for
 * each other on their way, the last swap took long, and the window grows with it.
 */
const WINDOW = 256;

/** A change that has begun: the entry that it got, and the entry that it returns. */
export interface Begun {
  readonly entry: Entry | undefined;
  readonly next: Awaitable<Entry | undefined>;
}

/**
 * Reads an entry, changes it and swaps it, until no other writer comes in between.
 *
 * `change` returns the next entry, `undefined` to remove it, or the same entry to leave it alone. The result is the entry
 * afterwards. With `begun`, the first try goes on from there.
 *
 * @throws KeyValueError `conflict` when others came first for 30 seconds, `aborted` when the signal ends it.
 */
export async function modify(
  { name: store, read, swap }: Driver<"swap">,
  { collection, key }: Address,
  change: Change,
  signal?: AbortSignal,
  begun?: Begun,
): Promise<Entry | undefined> {
  const details = { store, collection, key };
  const fetch = () => read(collection, [key], { fresh: true });
  const began = Date.now();
  let paused = 0;
  /** The fastest swap, in milliseconds: a clock that jumps makes one swap look slow, but not all of them. */
  let fastest = BUDGET;
  let current = begun?.entry;
  let begin = begun?.next;
  if (!begun) {
    // Await only promises here and below: if neither the driver nor the change returns one, no other change comes in between.
    const found = fetch();
    current = live((isPromise(found) ? await found : found)[0]);
  }
  for (let losses = 0; ; losses++) {
    abortedBy(signal, details);
    const made = begin ?? change(current);
    begin = undefined;
    const next = isPromise(made) ? await made : made;
    abortedBy(signal, details);
    if (next === current) return current;
    const asked = Date.now();
    const result = await swap(collection, key, current?.version, next);
    if (result.ok) return next;
    const took = Math.max(2, Date.now() - asked);
    fastest = Math.min(fastest, took);
    current = live(result.current);
    // The refused swap has returned the entry, so the first try again needs no read and no pause.
    if (losses === 0) continue;
    // Count pauses as well as `Date.now()`: on Workers the clock stands still between I/O.
    if (Math.max(paused, Date.now() - began) >= BUDGET) {
      throw new KeyValueError("conflict", "other writers came first for 30 seconds", details);
    }
    // A window that doubles with each lost race grows until it holds one swap of every other caller.
    const wait = Math.random() * Math.min(fastest * 2 ** losses, took * WINDOW, BUDGET / 2);
    paused += wait;
    await pause(wait, signal);
    abortedBy(signal, details);
    current = live((await fetch())[0]);
  }
}
