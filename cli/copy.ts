import { KeyValueError } from "../src/core/errors.ts";
import { CopyError } from "../src/migration/progress.ts";
import { transfer } from "../src/migration/transfer.ts";
import { type Options, UsageError } from "./place.ts";
import { placeOf } from "./places.ts";
import { progressBar, summaryOf } from "./report.ts";
import { resumeFrom } from "./resume.ts";

/** The arguments of the command, as text. */
export interface CopyArguments extends Omit<Options, "cursor"> {
  readonly from: string;
  readonly to: string;
  readonly fromPrefix: string;
  readonly toPrefix: string;
  readonly resume?: string;
}

/** Copies, reports on standard error, and returns the exit code. */
export async function copyCommand(args: CopyArguments): Promise<number> {
  const { dryRun, fromPrefix, toPrefix } = args;
  if (args.from === args.to && fromPrefix === toPrefix && args.from !== "-") {
    throw new UsageError("--from and --to are the same");
  }
  const resume = resumeFrom(args.resume);
  const options: Options = { ...args, cursor: resume.cursor };
  const from = placeOf(args.from, "from", fromPrefix);
  const to = placeOf(args.to, "to", toPrefix);
  const stop = new AbortController();
  const start = Date.now();
  const say = (text: string) => process.stderr.write(text);
  let cursor = options.cursor;
  const sayHow = () => {
    const token = args.resume === undefined || args.resume.startsWith("ekv1.") ? cursor : args.resume;
    if (cursor !== undefined && !dryRun) say(`Go on with: --resume ${token}\n`);
  };
  const interrupt = () => {
    if (!stop.signal.aborted) return stop.abort();
    // A second Ctrl+C means: do not wait for the current batch.
    sayHow();
    process.exit(130);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, interrupt);
  let bar: ReturnType<typeof progressBar> | undefined;
  try {
    const total = await from.total(options);
    const put = await to.put(options);
    bar = process.stderr.isTTY ? progressBar(total) : undefined;
    const result = await transfer(from.batches(options), put, {
      cursor: options.cursor,
      signal: stop.signal,
      onProgress(progress) {
        bar?.update(from.done(progress), progress);
        cursor = progress.cursor;
        if (cursor !== undefined && !dryRun) resume.keep(cursor);
      },
    });
    bar?.stop();
    say(summaryOf(result, dryRun, from.label, to.label, (Date.now() - start) / 1000));
    if (!dryRun) resume.end();
    return result.failed > 0 ? 1 : 0;
  } catch (error) {
    bar?.stop();
    if (!(error instanceof CopyError)) throw error;
    if (error.code === "invalid_cursor") throw new UsageError(error.message);
    const { progress, code } = error;
    say(summaryOf(progress, dryRun, from.label, to.label, (Date.now() - start) / 1000));
    say(code === "aborted" ? "Interrupted.\n" : `Error: ${reasonOf(error)} (${code})\n`);
    sayHow();
    return code === "aborted" ? 130 : 1;
  } finally {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, interrupt);
    await Promise.allSettled([from.close(), to.close()]);
  }
}

/** The message of the first failure, which is the most useful one. */
function reasonOf({ message, cause }: KeyValueError): string {
  return cause instanceof KeyValueError ? reasonOf(cause) : message;
}
