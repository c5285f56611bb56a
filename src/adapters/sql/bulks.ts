import type { Awaitable } from "../../core/driver.ts";
import { compareCodePoints } from "../../core/order.ts";
import { together } from "../../core/together.ts";
import type { SqlContext } from "./context.ts";
import type { SqlRow, Statement } from "./database.ts";
import type { Packed } from "./dialect.ts";
import { utf8Length } from "./text.ts";

/** One key of a bulk, and what is sent for it. */
export interface BulkItem {
  readonly key: string;
  readonly packed: Packed;
}

/** The packed items, for a statement. */
export const packedOf = (items: readonly BulkItem[]): Packed[] => items.map(({ packed }) => packed);

/** Splits a bulk into parts whose packed items have at most `limit` bytes. A single item may have more. */
export function partsOf<T extends BulkItem>(items: readonly T[], limit = Number.POSITIVE_INFINITY): T[][] {
  const parts: T[][] = [];
  let room = 0;
  for (const item of items) {
    const size = utf8Length(item.packed) + 1;
    if (size > room) {
      parts.push([]);
      room = limit;
    }
    parts.at(-1)?.push(item);
    room -= size;
  }
  return parts;
}

/**
 * Sends the parts of a bulk that changes rows: to a database in this process in one transaction, to any other side by side,
 * each in a transaction.
 *
 * The keys are sorted: two bulks that lock the same rows in opposite orders would wait for each other.
 */
export function sendBulk<T extends BulkItem>(
  { database, run, limits }: SqlContext,
  collection: string,
  items: readonly T[],
  statementsOf: (part: readonly T[]) => readonly Statement[],
): Awaitable<readonly SqlRow[]> {
  if (database.transaction) return run(partsOf(items, limits.bulkBytes).flatMap(statementsOf), { collection });
  const sorted = [...items].sort((a, b) => compareCodePoints(a.key, b.key));
  const parts = partsOf(sorted, limits.bulkBytes).map(
    (part) => [part.map(({ key }) => key), () => run(statementsOf(part), { collection })] as const,
  );
  return together(parts).then((rows) => rows.flat());
}
