import { KeyValueError } from "../src/core/errors.ts";
import { CopyError, type CopyProgress } from "../src/migration/progress.ts";
import { type Batch, transfer } from "../src/migration/transfer.ts";
import { addressOf } from "./addresses.ts";
import { distinctFiles } from "./distinct-files.ts";
import { partOf } from "./part-file.ts";
import type { Options, Writer } from "./place.ts";
import { placeOf } from "./places.ts";
import { progressBar, summaryOf } from "./report.ts";
import { nextOf, resumeFrom, tokenFileOf } from "./resume.ts";
import { type Seen, seenCollections } from "./seen.ts";
import { say, visible } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

/** The arguments of the command, as text. */
export interface CopyArguments extends Omit<Options, "cursor"> {
  readonly from?: string;
  readonly to?: string;
  readonly fromPrefix: string;
  readonly toPrefix: string;
  readonly resume?: string;
}

/** Copies, reports on standard error, and returns the exit code. */
export async function copyEntries(args: CopyArguments): Promise<number> {
  const { dryRun, fromPrefix, toPrefix } = args;
  const addresses = { from: addressOf(args.from, "--from"), to: addressOf(args.to, "--to") };
  if (addresses.from === addresses.to && fromPrefix === toPrefix && addresses.from !== "-") {
    throw new UsageError("--from and --to are the same");
  }
  const from = await placeOf(addresses.from, "from", fromPrefix, "read");
  const to = await placeOf(addresses.to, "to", toPrefix, dryRun ? "try" : "create");
  const tokenFile = tokenFileOf(args.resume);
  distinctFiles([
    ["--from", from.path],
    ["--to", to.path],
    ["the unfinished file of --to", to.path && partOf(to.path)],
    ["--resume", tokenFile],
    ["the next file of --resume", tokenFile && nextOf(tokenFile)],
  ]);
  const resume = resumeFrom(args.resume);
  const options: Options = { ...args, cursor: resume.cursor };
  const stop = new AbortController();
  const start = Date.now();
  const seen = seenCollections();
  let cursor = options.cursor;
  let isKept = tokenFile !== undefined;
  let writer: Writer | undefined;
  let bar: ReturnType<typeof progressBar> | undefined;

  let failedAt: string | undefined;
  /** Notes whose failure it is, if this fails. */
  const at = async <R>({ label }: { readonly label: string }, run: () => Promise<R>): Promise<R> => {
    try {
      return await run();
    } catch (error) {
      failedAt ??= label;
      throw error;
    }
  };

  const sayHow = () => {
    const token = isKept ? tokenFile : cursor;
    if (cursor !== undefined && !dryRun) say(`Go on with: --resume ${visible(token ?? cursor)}\n`);
  };
  const report = (progress: CopyProgress) =>
    say(summaryOf(progress, dryRun, from.label, to.label, (Date.now() - start) / 1000));
  const interrupt = () => {
    if (!stop.signal.aborted) return stop.abort();
    // A second Ctrl+C means: do not wait for the current batch.
    sayHow();
    process.exit(130);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, interrupt);
  try {
    const total = await at(from, () => from.total(options));
    const target = await at(to, () => to.put(options));
    writer = target;
    bar = process.stderr.isTTY ? progressBar(total) : undefined;
    const batches = noting(from.batches(options), seen, () => {
      failedAt ??= from.label;
    });
    const result = await transfer(batches, (batch) => at(to, () => target.write(batch)), {
      cursor: options.cursor,
      signal: stop.signal,
      onProgress(progress) {
        bar?.update(from.done(progress), progress);
        // A finished copy has no token. Until the target is whole, the last one is still good.
        if (progress.cursor === undefined) return;
        cursor = progress.cursor;
        if (dryRun) return;
        isKept = false;
        resume.keep(cursor);
        isKept = tokenFile !== undefined;
      },
    });
    bar?.stop();
    if (!dryRun) await at(to, () => target.finish());
    report(result);
    if (!dryRun) resume.end();
    // A resumed copy does not see the collections that an earlier one has copied.
    const absent = options.cursor === undefined ? (args.collections ?? []).filter((name) => !seen.has(name)) : [];
    for (const name of absent)
      say(`Warning: ${visible(from.label)} has no collection ${visible(JSON.stringify(name))}\n`);
    for (const name of joinsNames(addresses.from) && fromPrefix === "" ? seen.prefixes() : []) {
      const shown = visible(JSON.stringify(name));
      say(
        `Warning: each key of ${shown} looks like collection::key. Is ${shown} the keyPrefix? Then use --from-prefix\n`,
      );
    }
    return result.failed > 0 || absent.length > 0 ? 1 : 0;
  } catch (error) {
    bar?.stop();
    if (cursor === undefined) await writer?.discard();
    if (!(error instanceof KeyValueError)) throw error;
    const place = failedAt === undefined ? "" : `${visible(failedAt)}: `;
    if (!(error instanceof CopyError)) {
      say(`Error: ${place}${visible(error.message)} (${error.code})\n`);
      return 1;
    }
    if (error.code === "invalid_cursor") throw new UsageError(`--resume: ${reasonOf(error)}`);
    const { progress, code } = error;
    const { copied, skipped, expired, failed } = progress;
    if (copied + skipped + expired + failed > 0) report(progress);
    say(code === "aborted" ? "Interrupted.\n" : `Error: ${place}${visible(reasonOf(error))} (${code})\n`);
    sayHow();
    return code === "aborted" ? 130 : 1;
  } finally {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, interrupt);
    await Promise.allSettled([from.close(), to.close()]);
  }
}

/** Passes batches on, and notes what is in them, and a failure to read them. */
async function* noting(
  batches: AsyncIterable<Batch>,
  seen: Seen,
  onFailure: () => void,
): AsyncGenerator<Batch, void, undefined> {
  try {
    for await (const batch of batches) {
      seen.note(batch);
      yield batch;
    }
  } catch (error) {
    onFailure();
    throw error;
  }
}

/** Whether a place joins prefix, collection and key to one name. */
function joinsNames(address: string): boolean {
  return /^(rediss?|upstash\+https?|workers-kv):/.test(address);
}

/** The message of the first failure, which is the most useful one. */
function reasonOf({ message, cause }: KeyValueError): string {
  return cause instanceof KeyValueError ? reasonOf(cause) : message;
}
