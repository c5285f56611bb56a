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
 * Sends the parts of a bulk that changes rows side by side, each in a transaction.
 *
 * The keys are sorted: two bulks that lock the same rows in opposite orders would wait for each other.
 */
export async function sendBulk<T extends BulkItem>(
  { run, limits }: SqlContext,
  collection: string,
  items: readonly T[],
  statementsOf: (part: readonly T[]) => readonly Statement[],
): Promise<readonly SqlRow[]> {
  const sorted = [...items].sort((a, b) => compareCodePoints(a.key, b.key));
  const parts = partsOf(sorted, limits.bulkBytes).map(
    (part) => [part.map(({ key }) => key), () => run(statementsOf(part), { collection })] as const,
  );
  return (await together(parts)).flat();
}
