import type { OnCorrupt } from "../../core/corrupt.ts";
import type { Entry } from "../../core/entry.ts";
import { type ErrorDetails, KeyValueError } from "../../core/errors.ts";
import type { JsonValue } from "../../core/json.ts";
import type { Operation } from "../../core/operation.ts";
import { storedJson } from "../../core/stored-json.ts";
import type { RowEntry, StoredRow } from "./row.ts";

/** What a swap is to write. */
export interface NextRow extends RowEntry {
  /** Whether the deadline of the row that is replaced stays. */
  readonly keepsDeadline?: true | undefined;
}

/** What an atomic operation makes of a row. Its result is JSON text. */
export type Decision =
  | { readonly changed: false; readonly result: string }
  /** The entry to write; `undefined` removes what is there. */
  | { readonly changed: true; readonly next: RowEntry | undefined; readonly result: string };

export function corruptedError(details?: ErrorDetails): KeyValueError {
  return new KeyValueError("corrupted", "the stored row does not hold a JSON value and its times", details);
}

/** Decides a swap. A refused one leaves it to the caller to look at the row. */
export function decideSwap(
  row: StoredRow | undefined,
  expected: string | undefined,
  next: NextRow | undefined,
  onCorrupt: OnCorrupt,
): Decision {
  const matches = expected === undefined ? isAbsent(row, onCorrupt) : row?.entry && row.version === expected;
  if (!matches) return { changed: false, result: "false" };
  if (!next?.keepsDeadline || !row?.entry) return { changed: true, next, result: "true" };
  return { changed: true, next: { ...next, expiresAt: row.entry.expiresAt }, result: "true" };
}

/** Whether a row counts as missing. */
function isAbsent(row: StoredRow | undefined, onCorrupt: OnCorrupt): boolean {
  if (row?.damaged) return onCorrupt === "miss";
  return !row?.entry || (onCorrupt === "miss" && storedJson(row.entry.json) === undefined);
}

/** Decides any other operation. */
export function decideOperation<A extends JsonValue, R extends JsonValue>(
  row: StoredRow | undefined,
  operation: Operation<A, R>,
  args: A,
  onCorrupt: OnCorrupt,
): Decision {
  const { entry, json } = readEntry(row, onCorrupt);
  const { next, result } = operation.run(entry, args, Date.now());
  // Reuse the existing text, which may be large.
  const textOf = (value: JsonValue): string =>
    json !== undefined && value === entry?.value ? json : JSON.stringify(value);
  const text = textOf(result);
  if (next === entry) return { changed: false, result: text };
  if (!next) return { changed: true, next: undefined, result: text };
  const { value, createdAt, expiresAt } = next;
  return { changed: true, next: { json: textOf(value), createdAt, expiresAt }, result: text };
}

function readEntry(
  row: StoredRow | undefined,
  onCorrupt: OnCorrupt,
): { readonly entry?: Entry; readonly json?: string } {
  if (row?.entry) {
    const { json, createdAt, expiresAt } = row.entry;
    const value = storedJson(json);
    if (value !== undefined) return { entry: { value, createdAt, expiresAt, version: row.version }, json };
  } else if (!row?.damaged) return {};
  if (onCorrupt === "miss") return {};
  throw corruptedError();
}
