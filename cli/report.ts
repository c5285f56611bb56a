import { type Options as BarOptions, SingleBar } from "cli-progress";
import type { CopyProgress } from "../src/migration/progress.ts";
import { visible } from "./terminal.ts";

const number = (value: number) => value.toLocaleString("en");

/** A progress bar if standard error is a terminal; otherwise nothing. */
export function progressBar(total: number | undefined): {
  update(done: number, progress: CopyProgress): void;
  stop(): void;
} {
  const counts = "{copied} copied, {skipped} skipped, {failed} failed";
  const options: BarOptions = {
    format:
      total === undefined
        ? `${counts} | {duration_formatted}`
        : `{bar} {percentage}% | ${counts} | ETA {eta_formatted}`,
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
    gracefulExit: true,
    barsize: 24,
    barCompleteChar: "=",
    barIncompleteChar: "-",
  };
  const bar = new SingleBar(options);
  bar.start(total ?? 1, 0, { copied: 0, skipped: 0, failed: 0 });
  return {
    update(done, { copied, skipped, failed }) {
      const shown = { copied: number(copied), skipped: number(skipped), failed: number(failed) };
      bar.update(total === undefined ? 0 : Math.min(done, total), shown);
    },
    stop: () => bar.stop(),
  };
}

/** Says in words how many entries were copied, skipped and so on. */
export function summaryOf(progress: CopyProgress, dryRun: boolean, from: string, to: string, seconds: number): string {
  const { copied, skipped, expired, failed, verified, failures } = progress;
  const lines = [
    `${dryRun ? "Would copy" : "Copied"} ${number(copied)} ${copied === 1 ? "entry" : "entries"} from ${visible(from)} to ${visible(to)} in ${seconds.toFixed(1)} s`,
    `  skipped  ${number(skipped)} (already there)`,
    `  expired  ${number(expired)} (or removed before they were copied)`,
    `  failed   ${number(failed)}`,
    `  verified ${number(verified)}`,
  ];
  for (const { code, collection, key, message } of failures.slice(0, 10)) {
    const where = key === undefined ? "" : `${JSON.stringify(collection)} ${JSON.stringify(key)}: `;
    lines.push(`  ! ${visible(where + message)} (${code})`);
  }
  if (failed > 10) lines.push(`  ! and ${number(failed - 10)} more`);
  return `${lines.join("\n")}\n`;
}
