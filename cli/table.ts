import { visible } from "./terminal.ts";

const { format } = new Intl.NumberFormat("en");

/** Lays out rows in columns, numbers to the right. */
export function tableOf(headers: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const shown = rows.map((row) => row.map((cell) => (typeof cell === "number" ? format(cell) : visible(cell))));
  const widths = headers.map((header, i) =>
    shown.reduce((widest, row) => Math.max(widest, (row[i] as string).length), header.length),
  );
  const areNumbers = headers.map((_, i) => rows.length > 0 && rows.every((row) => typeof row[i] === "number"));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (areNumbers[i] ? cell.padStart(widths[i] as number) : cell.padEnd(widths[i] as number)))
      .join("  ")
      .trimEnd();
  return [headers, ...shown].map((cells) => `${line(cells)}\n`).join("");
}

/** The time until a deadline in its two largest units, such as `2d 4h`; empty without a deadline. */
export function timeLeft(expiresAt: number | undefined): string {
  if (expiresAt === undefined) return "";
  let left = Math.max(0, Math.round((expiresAt - Date.now()) / 1000));
  const parts: string[] = [];
  for (const [unit, seconds] of [
    ["d", 86_400],
    ["h", 3600],
    ["m", 60],
    ["s", 1],
  ] as const) {
    const count = Math.floor(left / seconds);
    left -= count * seconds;
    if (count > 0 || (unit === "s" && parts.length === 0)) parts.push(`${count}${unit}`);
  }
  return parts.slice(0, 2).join(" ");
}

/** A line of JSON that a terminal can show. */
export const jsonLine = (value: unknown): string => `${visible(JSON.stringify(value))}\n`;
