import { KeyValueError } from "../../core/errors.ts";
import { isOver } from "./deadlines.ts";
import type { Decision } from "./decisions.ts";
import { parseHistory, receiptIn, textAfter, versionOf } from "./history.ts";
import { isRoomy } from "./layout.ts";
import { type OperationMemory, operationMemory } from "./operation-memory.ts";
import type { StoredRow } from "./row.ts";
import type { Rows } from "./rows.ts";
import type { SqlTables } from "./tables.ts";
import type { OnceOnly, OutcomeReport, Receipt } from "./wire.ts";

/** How an operation ended: with a receipt, or with the result of one that changed nothing and the row it met. */
type Settled =
  | { readonly changed: true; readonly receipt: Receipt }
  | { readonly changed: false; readonly result: string; readonly row: StoredRow | undefined };

/** Carries out atomic operations, each of them once although it may arrive twice. */
export interface Once {
  /**
   * Decides and writes, unless the operation happened before: then the receipt of that time is the outcome.
   *
   * @throws KeyValueError `unavailable` if it cannot be known whether the operation happened. It does not happen then.
   */
  settle(collection: string, key: string, once: OnceOnly, decide: (row: StoredRow | undefined) => Decision): Settled;
  /** Looks an operation up. */
  outcome(collection: string, key: string, id: string): OutcomeReport;
}

/** How long a removal stays marked in the table, in milliseconds: longer than a client goes on sending it again. */
const KEEP_REMOVALS = 60_000;
/** How long a first copy that arrives after its second copy is recognised, in milliseconds. */
const KEEP_SETTLED = 3_600_000;
/** How much the clocks of two machines may differ if an object moves from one to the other, in milliseconds. */
const CLOCK_MARGIN = 25;

/** The ids of second copies stand in the table of numbers behind this, each with the time at which it came. */
const SETTLED = "settled:";
const AFTER_SETTLED = "settled;";

/**
 * Recognises operations by their ids: from memory, which an object loses when it restarts, and from the receipts that a
 * row keeps of the last few operations on it.
 *
 * If neither knows the id of a second copy, and one of them is complete since before the first copy was sent, the first copy
 * changed nothing. Otherwise the operation is refused: doing it twice would be worse than not at all.
 *
 * @param startedAt When the object started.
 */
export function onceOnly(rows: Rows, tables: SqlTables, startedAt: number): Once {
  let memory: OperationMemory | undefined;
  let settled: Set<string> | undefined;

  /** Is called after the first statement, which shows whether there was anything before this start. */
  function remembered(): OperationMemory {
    memory ??= operationMemory(tables.startedEmpty ? 0 : startedAt);
    return memory;
  }

  /** The second copies that came lately. There are few, since only lost replies lead to them. */
  function settledIds(): Set<string> {
    if (!settled) {
      const where = "name >= ? AND name < ?";
      tables.run(
        `DELETE FROM edge_key_value_meta WHERE ${where} AND value < ?`,
        ...[SETTLED, AFTER_SETTLED, Date.now() - KEEP_SETTLED],
      );
      const found = tables.run<{ name: string }>(
        `SELECT name FROM edge_key_value_meta WHERE ${where}`,
        ...[SETTLED, AFTER_SETTLED],
      );
      settled = new Set(found.map(({ name }) => name.slice(SETTLED.length)));
    }
    return settled;
  }

  function findReceipt(row: StoredRow | undefined, id: string): Receipt | undefined {
    return remembered().find(id)?.receipt ?? receiptIn(row?.history, id);
  }

  /** Makes sure that an operation without a receipt did not happen, and that no other copy carries it out later. */
  function admit(row: StoredRow | undefined, { id, notBefore }: OnceOnly): void {
    const unchanged = remembered().find(id) !== undefined;
    if (notBefore === undefined) {
      if (!unchanged && !settledIds().has(id)) return;
      throw new KeyValueError("unavailable", "a second copy of this operation came before the first");
    }
    settledIds().add(id);
    tables.remember(SETTLED + id, Date.now());
    const since = notBefore - CLOCK_MARGIN;
    const complete = since > remembered().completeSince() || (row && since > parseHistory(row.history).completeSince);
    if (unchanged || complete) return;
    throw new KeyValueError(
      "unavailable",
      "the object restarted: the operation may have happened, and was not repeated",
    );
  }

  return {
    settle(collection, key, once, decide) {
      const row = rows.find(collection, key);
      const known = findReceipt(row, once.id);
      if (known) return { changed: true, receipt: known };
      admit(row, once);
      const decision = decide(row);
      const now = Date.now();
      if (!decision.changed) {
        remembered().add(once.id, { at: now });
        return { changed: false, result: decision.result, row };
      }
      const receipt = { version: versionOf(now, once.id), result: decision.result };
      const next = decision.next && isOver(decision.next) ? undefined : decision.next;
      const text = textAfter(row?.history, receipt, isRoomy(collection, key, next?.json ?? receipt.result));
      if (next) rows.set(collection, key, next, text);
      else if (row) rows.set(collection, key, { expiresAt: now + KEEP_REMOVALS }, text);
      remembered().add(once.id, { at: now, receipt });
      return { changed: true, receipt };
    },

    outcome(collection, key, id) {
      const row = rows.find(collection, key);
      return { now: Date.now(), receipt: findReceipt(row, id) };
    },
  };
}
