import { newId } from "../../core/ids.ts";
import type { Caller } from "./caller.ts";
import { isLost } from "./failure.ts";
import type { OnceOnly, Receipt } from "./wire.ts";

/**
 * Has an object carry out an atomic operation, once. If the reply is lost, it asks the object whether the operation happened.
 * If the object does not know the operation, it sends a second copy, with the earliest time at which the first can have
 * arrived. The object then carries it out, or refuses if it cannot know whether it did before.
 */
export async function callOnce<R>(
  { call }: Caller,
  object: string,
  [collection, key]: readonly [collection: string, key: string],
  send: (once: OnceOnly) => Promise<R>,
  fromReceipt: (receipt: Receipt) => R,
): Promise<R> {
  const id = newId();
  const elapsed = stopwatch();
  try {
    return await send({ id });
  } catch (error) {
    if (!isLost(error)) throw error;
    const { now, receipt } = await call(object, "outcome", collection, key, id);
    // The object read its clock before this caller got the reply, so the first copy was not sent before this.
    return receipt ? fromReceipt(receipt) : send({ id, notBefore: now - elapsed() });
  }
}

/** Milliseconds from now on, by the clock that has gone further: one of them may be set back meanwhile. */
function stopwatch(): () => number {
  const [date, ticks] = [Date.now(), performance.now()];
  return () => Math.max(Date.now() - date, performance.now() - ticks);
}
