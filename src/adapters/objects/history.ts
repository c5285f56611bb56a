import type { Receipt } from "./wire.ts";

/**
 * What a row tells about the operations on it, in its column `version`: the version itself and, after a space, the
 * receipts of recent operations as JSON. A column of its own would break the inserts of older releases, which write six.
 */
export interface RowHistory {
  readonly version: string;
  /** In no order. */
  readonly receipts: readonly Receipt[];
  /** Every operation on this row after this time has a receipt. */
  readonly completeSince: number;
}

/**
 * How many UTF-16 units of receipts a row keeps. Where there would be more, it drops the oldest half; the newest receipt stays
 * whatever its size.
 */
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
export function textAfter(before: string | undefined, receipt: Receipt, roomy: boolean): string {
  const added = textOf(receipt);
  const time = timeOf(receipt.version);
  if (before === undefined) return `${receipt.version} [${time},${added}]`;
  const stored = before.slice(versionIn(before).length + 1);
  // To parse all receipts would take as long as a statement.
  if (roomy && stored.endsWith("]") && stored.length + added.length <= RECEIPT_UNITS) {
    return `${receipt.version} ${stored.slice(0, -1)},${added}]`;
  }
  const history = parseHistory(before);
  const newestFirst = [...history.receipts].sort((a, b) => timeOf(b.version) - timeOf(a.version));
  const kept = [added];
  // Operations after this one will find it here, whatever happened before.
  let completeSince = Math.min(history.completeSince, time);
  let units = added.length;
  for (const older of newestFirst) {
    const text = textOf(older);
    units += text.length;
    if (!roomy || units > RECEIPT_UNITS / 2) {
      completeSince = Math.max(completeSince, timeOf(older.version));
      break;
    }
    kept.unshift(text);
  }
  return `${receipt.version} [${completeSince},${kept.join(",")}]`;
}

function textOf({ version, result }: Receipt): string {
  return `[${JSON.stringify(version)},${result}]`;
}

/** The receipt of the operation with this id in the text of the column. */
export function receiptIn(text: string | undefined, id: string): Receipt | undefined {
  if (!text?.includes(id)) return undefined;
  return parseHistory(text).receipts.find(({ version }) => version.endsWith(`.${id}`));
}
