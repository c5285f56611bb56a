import type { Awaitable, Capabilities, SwapResult } from "../../core/driver.ts";
import { newId } from "../../core/ids.ts";
import { chain } from "./awaitable.ts";
import type { SqlContext } from "./context.ts";
import type { Statement } from "./database.ts";
import { isLive } from "./dialect.ts";
import type { ReadOne } from "./reads.ts";
import { toSqlText } from "./text.ts";

/** A swap is one conditional statement, followed by a read in the same transaction. */
export function sqlSwap({ dialect, run, keyOf, encode, entryOf }: SqlContext, readOne: ReadOne): Capabilities["swap"] {
  return function swap(collection, key, expected, next) {
    const now = Date.now();
    const details = { collection, key };
    const place = toSqlText(collection);
    const stored = keyOf(collection, key);
    const sent = next && encode(collection, key, next, now);
    const keepsDeadline = next?.keepsDeadline === true;
    const row = sent && isLive(sent) ? { ...sent, version: newId(), keepsDeadline } : undefined;

    function statementsFor(expected: string | undefined): readonly Statement[] {
      if (expected !== undefined) return dialect.swap(place, stored, expected, row, now);
      return row ? dialect.insert(place, row, now) : [dialect.read(place, stored, now)];
    }

    function trySwap(expected: string | undefined): Awaitable<SwapResult> {
      return chain(run(statementsFor(expected), details), (rows): Awaitable<SwapResult> => {
        const swapped = rows.find((found) => found.swapped != null);
        if (swapped) return { ok: true, version: String(swapped.swapped) };
        const [found] = rows;
        const current = entryOf(found, now, details);
        if (expected !== undefined || current) return { ok: false, current };
        if (!row) return { ok: true, version: "" };
        // A corrupt row counts as missing, but its version must be swapped.
        if (found) return trySwap(String(found.version));
        // A row that was committed since the statement began refuses it, but the statement cannot see it.
        return chain(readOne(collection, key), (current) => ({ ok: false, current }));
      });
    }
    return trySwap(expected);
  };
}
