import type { Awaitable, Change, Driver } from "./driver.ts";
import type { Address, Entry } from "./entry.ts";
import { modify } from "./modify.ts";
import { isPromise } from "./promises.ts";
import { onWorkers } from "./runtime.ts";
import { abortedBy, orAborted } from "./times.ts";

/** A change that is waiting. */
interface Waiting {
  readonly change: Change;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (entry: Awaitable<Entry | undefined>) => void;
  readonly reject: (error: unknown) => void;
}

/** The waiting changes of this process, by driver and by entry. */
const lines: WeakMap<object, Map<string, Waiting[]>> = /* @__PURE__ */ new WeakMap();

/**
 * Changes an entry, together with the other changes of this process that wait for the same entry, in one swap. Use it as the
 * `modify` of a driver across a network.
 *
 * Without it, callers of one process race each other, and one swap succeeds per round trip to the backend. Only synchronous
 * changes are combined: an asynchronous one could wait for another change, or never end. On Workers no request may wait for
 * another, so each change is made alone there.
 *
 * @throws What `change` throws. KeyValueError `conflict` when others came first for 30 seconds, `aborted` when the signal
 *   ends the change.
 * @example
 * ```ts
 * import { combineChanges, createStore, type Driver } from "edge-key-value";
 *
 * export function storeAcrossNetwork(driver: Driver<"swap">) {
 *   return createStore({ ...driver, modify: combineChanges });
 * }
 * ```
 */
export async function combineChanges(
  driver: Driver<"swap">,
  address: Address,
  change: Change,
  signal?: AbortSignal,
): Promise<Entry | undefined> {
  if (onWorkers()) return await modify(driver, address, change, signal);
  const changed = new Promise<Entry | undefined>((resolve, reject) => {
    const here = lines.get(driver) ?? new Map<string, Waiting[]>();
    const id = JSON.stringify([address.collection, address.key]);
    const line = here.get(id);
    lines.set(driver, here.set(id, [...(line ?? []), { change, signal, resolve, reject }]));
    if (!line) void drain(driver, address, here, id);
  });
  return await orAborted(changed, signal, { store: driver.name, ...address });
}

/** Makes the changes that wait for an entry, until none waits. */
async function drain(
  driver: Driver<"swap">,
  address: Address,
  here: Map<string, Waiting[]>,
  id: string,
): Promise<void> {
  // Callers of the same turn of the event loop go together.
  await null;
  for (let batch = here.get(id); batch && batch.length > 0; batch = here.get(id)) {
    // A change that arrives from now on waits for the next read, since this read may be older than that change.
    here.set(id, []);
    await makeTogether(driver, address, batch);
  }
  here.delete(id);
}

/** Makes changes one after the other on one entry, and swaps it once. */
async function makeTogether(driver: Driver<"swap">, address: Address, batch: readonly Waiting[]): Promise<void> {
  let settle: (() => void)[] = [];
  const change: Change = (stored) => {
    settle = [];
    let entry = stored;
    for (const { change, signal, resolve, reject } of batch) {
      try {
        // The caller has this failure already.
        abortedBy(signal);
        const next = change(entry);
        if (isPromise(next)) {
          // An asynchronous change continues alone. It keeps its first result if that started from the stored entry.
          next.then(undefined, () => {});
          const begun = entry === stored ? { entry, next } : undefined;
          settle.push(() => resolve(modify(driver, address, change, signal, begun)));
        } else {
          entry = following(next, entry, stored);
          settle.push(() => resolve(next));
        }
      } catch (error) {
        settle.push(() => reject(error));
      }
    }
    return entry;
  };
  await modify(driver, address, change).catch((error: unknown) => {
    settle = batch.map(
      ({ reject }) =>
        () =>
          reject(error),
    );
  });
  for (const done of settle) done();
}

/** The next entry: it keeps the stored deadline only if the one before it does. */
function following(next: Entry | undefined, before: Entry | undefined, stored: Entry | undefined): Entry | undefined {
  return next?.keepsDeadline && before !== stored && !before?.keepsDeadline
    ? { ...next, keepsDeadline: undefined }
    : next;
}
