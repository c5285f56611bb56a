import type { Receipt } from "./wire.ts";

/**
 * What a row tells about the operations on it, in its column `version`: the version itself and, after a space, the
 * receipts of recent operations as JSON. A column of its own would break the inserts of older releases, which write six.
 */
export interface RowHistory {
  readonly version: string;
  /** Newest first. */
  readonly receipts: readonly Receipt[];
  /** Every operation on this row after this time has a receipt. */
  readonly completeSince: number;
}

/** How many receipts a row keeps. */
const MOST_RECEIPTS = 8;

/** How many UTF-16 units of receipts a row keeps; the newest receipt stays whatever its size. */
export const RECEIPT_UNITS = 1000;

/** A version: the time of the write, and the id of what wrote it. Both together never repeat. */
export function versionOf(now: number, id: string): string {
  return `${now.toString(36)}.${id}`;
}

/** When the write with this version happened; versions of older releases do not tell, so it may just have been. */
function timeOf(version: string): number {
  const dot = version.indexOf(".");
  const time = dot > 0 ? Number.parseInt(version.slice(0, dot), 36) : Number.NaN;
  return Number.isFinite(time) ? time : Number.POSITIVE_INFINITY;
}

/** The version in the text of the column. */
export function versionIn(text: string): string {
  const end = text.indexOf(" ");
  return end < 0 ? text : text.slice(0, end);
}

/** Reads the text of the column. Receipts that are damaged count as lost. */
export function parseHistory(text: string): RowHistory {
  const version = versionIn(text);
  if (version === text) return { version, receipts: [], completeSince: timeOf(version) };
  try {
    const [completeSince, ...stored] = JSON.parse(text.slice(version.length)) as [unknown, ...[unknown, unknown][]];
    const receipts = stored.map(([made, result]) => ({
      version: String(made),
      result: JSON.stringify(result ?? null),
    }));
    if (Number.isFinite(completeSince)) return { version, receipts, completeSince: completeSince as number };
  } catch {}
  return { version, receipts: [], completeSince: Number.POSITIVE_INFINITY };
}

/** The text of the column after one more operation; `before` is missing where there was no row. */
export function textAfter(before: RowHistory | undefined, receipt: Receipt, roomy: boolean): string {
  const receipts = [receipt, ...(before?.receipts ?? [])];
  const kept: string[] = [];
  // Operations after this one will find it here, whatever happened before.
  let completeSince = Math.min(before?.completeSince ?? Number.POSITIVE_INFINITY, timeOf(receipt.version));
  let units = 0;
  for (const { version, result } of receipts) {
    const text = `[${JSON.stringify(version)},${result}]`;
    units += text.length;
    const fits = roomy && kept.length < MOST_RECEIPTS && units <= RECEIPT_UNITS;
    if (kept.length > 0 && !fits) {
      completeSince = Math.max(completeSince, timeOf(version));
      break;
    }
    kept.push(text);
  }
  return `${receipt.version} [${completeSince},${kept.join(",")}]`;
}

/** The receipt of the operation with this id. */
export function receiptFor(receipts: readonly Receipt[], id: string): Receipt | undefined {
  return receipts.find(({ version }) => version.endsWith(`.${id}`));
}
