/** An item with a deadline. */
export interface Mortal {
  readonly expiresAt?: number | undefined;
  /** Its place in the heap; only the heap changes it. */
  at: number;
}

// The heaps are binary: no item has an earlier deadline than the one at `(at - 1) >> 1`, so the first to expire is at 0.

const deadlineOf = (item: Mortal | undefined) => item?.expiresAt ?? Number.POSITIVE_INFINITY;

/** Adds an item, or puts it in the place of a removed one. */
export function addDeadline<T extends Mortal>(heap: T[], item: T, at = heap.length): void {
  const deadline = deadlineOf(item);
  const move = (moved: T, to: number) => {
    heap[to] = moved;
    moved.at = to;
  };
  for (let up = (at - 1) >> 1; at > 0 && deadlineOf(heap[up]) > deadline; up = (at - 1) >> 1) {
    move(heap[up]!, at);
    at = up;
  }
  for (;;) {
    let down = 2 * at + 1;
    if (deadlineOf(heap[down + 1]) < deadlineOf(heap[down])) down++;
    if (!(deadlineOf(heap[down]) < deadline)) break;
    move(heap[down]!, at);
    at = down;
  }
  move(item, at);
}

/** Removes an item. */
export function removeDeadline<T extends Mortal>(heap: T[], item: T): void {
  const last = heap.pop()!;
  if (last !== item) addDeadline(heap, last, item.at);
}
