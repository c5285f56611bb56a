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

/** The most operations of a generation, and the most UTF-16 units of their results. */
const MOST_OPERATIONS = 10_000;
const MOST_UNITS = 2 * 1024 * 1024;

interface Generation {
  readonly operations: Map<string, RememberedOperation>;
  units: number;
  /** When its last operation happened. */
  until: number;
}

/**
 * Operations are forgotten by generations. To delete them one by one from a map would take longer the more it has forgotten:
 * its oldest entry comes after all that were deleted.
 *
 * @param since When the object started.
 */
export function operationMemory(since: number): OperationMemory {
  const begin = (): Generation => ({ operations: new Map(), units: 0, until: since });
  let older = begin();
  let current = begin();
  let completeSince = since;

  return {
    find: (id) => current.operations.get(id) ?? older.operations.get(id),
    add(id, operation) {
      if (current.operations.size >= MOST_OPERATIONS || current.units >= MOST_UNITS) {
        completeSince = older.until;
        older = current;
        current = begin();
      }
      current.operations.set(id, operation);
      current.units += operation.receipt?.result.length ?? 0;
      current.until = Math.max(current.until, operation.at, older.until);
    },
    completeSince: () => completeSince,
  };
}
