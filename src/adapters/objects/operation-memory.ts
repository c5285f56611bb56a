import type { Receipt } from "./wire.ts";

/** An operation that this object has carried out since it started. */
interface RememberedOperation {
  readonly at: number;
  /** Missing if the operation changed nothing. */
  readonly receipt?: Receipt | undefined;
}

/** The operations that an object has carried out since it started, as many as memory allows. */
export interface OperationMemory {
  find(id: string): RememberedOperation | undefined;
  add(id: string, operation: RememberedOperation): void;
  /** Every operation after this time is remembered. */
  completeSince(): number;
}

const MOST_OPERATIONS = 20_000;
/** The most UTF-16 units of results to keep in memory. */
const MOST_UNITS = 4 * 1024 * 1024;

/** @param since When the object started. */
export function operationMemory(since: number): OperationMemory {
  const operations = new Map<string, RememberedOperation>();
  let completeSince = since;
  let units = 0;

  function forget(id: string): void {
    units -= operations.get(id)?.receipt?.result.length ?? 0;
    operations.delete(id);
  }

  return {
    find: (id) => operations.get(id),
    add(id, operation) {
      forget(id);
      operations.set(id, operation);
      units += operation.receipt?.result.length ?? 0;
      for (const [oldest, { at }] of operations) {
        if (operations.size <= MOST_OPERATIONS && units <= MOST_UNITS) break;
        forget(oldest);
        completeSince = Math.max(completeSince, at);
      }
    },
    completeSince: () => completeSince,
  };
}
