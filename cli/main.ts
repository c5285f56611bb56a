import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { version } from "../package.json";
import { type CopyArguments, copyCommand } from "./copy.ts";
import { UsageError } from "./place.ts";

const PLACES = `
Places:
  redis://user:password@host:6379/0   Redis, rediss:// with TLS; entries as Python's py-key-value-aio stores them
  upstash+https://host                Upstash Redis; the token comes from UPSTASH_REDIS_REST_TOKEN, or for one side
                                      from UPSTASH_REDIS_REST_TOKEN_FROM or UPSTASH_REDIS_REST_TOKEN_TO
  file:dump.ndjson                    a file, one entry a line: collection, key, value, createdAt, expiresAt
  -                                   such lines from standard input, or to standard output

What the target has stays as it is, unless --overwrite is given.
Exit codes: 0 all copied, 1 some entries failed or the copy stopped, 2 wrong arguments, 130 interrupted.`;

function whole(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= 100_000) return number;
  throw new InvalidArgumentError("It must be a whole number from 1 to 100000.");
}

const names = (text: string, before: readonly string[] = []) => [...before, ...text.split(",")];

async function main(): Promise<number> {
  let code = 0;
  const program = new Command("edge-key-value")
    .description("Tools for edge-key-value stores.")
    .version(version)
    .exitOverride();
  program
    .command("copy")
    .description("Copy entries from one place to another, with their deadlines and creation times.")
    .addOption(new Option("--from <place>", "where entries come from").env("EDGE_KEY_VALUE_FROM").makeOptionMandatory())
    .addOption(new Option("--to <place>", "where they go").env("EDGE_KEY_VALUE_TO").makeOptionMandatory())
    .option("--collections <names>", "only these, with commas between them; may be repeated", names)
    .option("--from-prefix <prefix>", "the keyPrefix of the store at --from", "")
    .option("--to-prefix <prefix>", "the keyPrefix of the store at --to", "")
    .option("--overwrite", "replace what the target has", false)
    .option("--dry-run", "write nothing, only count", false)
    .option("--no-verify", "do not read back what was written")
    .option("--batch <n>", "entries to read and write at a time", whole, 100)
    .option("--concurrency <n>", "atomic writes at a time", whole, 10)
    .option("--resume <token|file>", "go on from a token; a file has it, and is kept up to date on the way")
    .addHelpText("after", PLACES)
    .exitOverride()
    .action(async (args: CopyArguments) => {
      code = await copyCommand(args);
    });
  try {
    await program.parseAsync();
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`Error: ${error.message}\n`);
    return 2;
  }
}

process.exitCode = await main();
