import type { Awaitable, Driver } from "./driver.ts";
import { type Address, type Entry, live } from "./entry.ts";
import { KeyValueError } from "./errors.ts";
import { abortedBy, pause } from "./times.ts";

/** How long to go on after lost races, in milliseconds. */
const BUDGET = 30_000;

/** A change that has been begun: of which entry, and what it makes of it. */
export interface Begun {
  readonly entry: Entry | undefined;
  readonly next: PromiseLike<Entry | undefined>;
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
  change: (entry: Entry | undefined) => Awaitable<Entry | undefined>,
  signal?: AbortSignal,
  begun?: Begun,
): Promise<Entry | undefined> {
  const details = { store, collection, key };
  const fetched = async () => live((await read(collection, [key], { fresh: true }))[0]);
  const began = Date.now();
  let paused = 0;
  /** Of the swaps: one that the clock jumps in seems slow, but not all of them do. */
  let fastest = BUDGET;
  let current = begun ? begun.entry : await fetched();
  let begin = begun?.next;
  for (let losses = 0; ; losses++) {
    abortedBy(signal, details);
    const next = await (begin ?? change(current));
    begin = undefined;
    if (next === current) return current;
    const asked = Date.now();
    const result = await swap(collection, key, current?.version, next);
    if (result.ok) return next;
    fastest = Math.min(fastest, Math.max(2, Date.now() - asked));
    current = live(result.current);
    // The refused swap has returned the entry, so the first try again needs no read and no pause.
    if (losses === 0) continue;
    // Count pauses as well as `Date.now()`: on Workers the clock stands still between I/O.
    if (Math.max(paused, Date.now() - began) >= BUDGET) {
      throw new KeyValueError("conflict", "other writers came first for 30 seconds", details);
    }
    // A window that doubles with each lost race grows until it holds one swap of every other caller.
    const wait = Math.random() * Math.min(fastest * 2 ** losses, BUDGET / 2);
    paused += wait;
    await pause(wait, signal);
    abortedBy(signal, details);
    current = await fetched();
  }
}
