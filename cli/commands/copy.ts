import { type Command, Option } from "commander";
import { type CopyArguments, copyEntries } from "../copy.ts";
import { wholeNumber } from "./arguments.ts";

const PLACES = `
Places:
  redis://user:password@host:6379/0   Redis, rediss:// with TLS; entries as Python's py-key-value-aio stores them
  upstash+https://host                Upstash Redis; the token comes from UPSTASH_REDIS_REST_TOKEN, or for one side
                                      from UPSTASH_REDIS_REST_TOKEN_FROM or UPSTASH_REDIS_REST_TOKEN_TO
  sqlite:data.db, file:data.db        SQLite (Node 22.13 or newer)
  postgres://user:password@host/app   PostgreSQL, with the package "pg" or "postgres" that you install
  dynamodb://table?region=…           DynamoDB; the credentials come from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
                                      perhaps AWS_SESSION_TOKEN, the region also from AWS_REGION
  workers-kv://account-id/namespace   Workers KV by Cloudflare's API, by the namespace's id; the token comes from
                                      CLOUDFLARE_API_TOKEN
  file:dump.ndjson                    a file, one entry a line: collection, key, value, createdAt, expiresAt
  -                                   such lines from standard input, or to standard output
  @redis.url                          a file that has the place's address in it

Other users of the machine can see the command line, with the passwords in it. To hide them, give an address by
EDGE_KEY_VALUE_FROM or EDGE_KEY_VALUE_TO, or by a file (--from @redis.url).
What the target has stays as it is, unless --overwrite is given.
Exit codes: 0 all copied, 1 some entries failed or the copy stopped, 2 wrong arguments, 130 interrupted,
141 the reader of standard output stopped.`;

const names = (text: string, before: readonly string[] = []) => [...before, ...text.split(",")];

export function addCopy(program: Command, exit: (code: number) => void): void {
  program
    .command("copy")
    .description("Copy entries from one place to another, with their deadlines and creation times.")
    // Not mandatory for the parser, which would complain of them before it names an option that it does not know.
    .addOption(new Option("--from <place>", "where entries come from").env("EDGE_KEY_VALUE_FROM"))
    .addOption(new Option("--to <place>", "where they go").env("EDGE_KEY_VALUE_TO"))
    .option("--collections <names>", "only these, with commas between them; may be repeated", names)
    .option("--from-prefix <prefix>", "the keyPrefix of the store at --from", "")
    .option("--to-prefix <prefix>", "the keyPrefix of the store at --to", "")
    .option("--overwrite", "replace what the target has", false)
    .option("--dry-run", "write nothing, only count, and check the checksum of a file", false)
    .option("--no-verify", "do not read back what was written")
    .option("--no-checksum", "write no checksum to a file, and ignore the one that it has")
    .option("--batch <n>", "entries to read and write at a time", wholeNumber, 100)
    .option("--concurrency <n>", "atomic writes at a time", wholeNumber, 10)
    .option("--resume <token|file>", "go on from a token; a file has it, and is kept up to date on the way")
    .addHelpText("after", PLACES)
    .action(async (args: CopyArguments) => exit(await copyEntries(args)));
}
