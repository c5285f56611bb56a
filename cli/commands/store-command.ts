import { type Command, Option } from "commander";
import { addressOf, pathOf } from "../addresses.ts";
import type { Backend, Use } from "../backends/backend.ts";
import { openNdjson } from "../backends/ndjson.ts";
import { openBackend } from "../backends/open.ts";
import { UsageError } from "../usage-error.ts";

/** The options of every command that uses one store. */
export interface StoreArguments {
  readonly store?: string;
  readonly keyPrefix: string;
  readonly table?: string;
  readonly json: boolean;
}

const STORES = `
Stores:
  redis://user:password@host:6379/0   Redis, rediss:// with TLS
  upstash+https://host                Upstash Redis; the token comes from UPSTASH_REDIS_REST_TOKEN
  sqlite:data.db, file:data.db        SQLite (Node 22.13 or newer)
  postgres://user:password@host/app   PostgreSQL, with the package "pg" or "postgres" that you install
  dynamodb://table?region=…           DynamoDB; the credentials come from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
                                      perhaps AWS_SESSION_TOKEN, the region also from AWS_REGION
  workers-kv://account-id/namespace   Workers KV by Cloudflare's API, by the namespace's id; the token comes from
                                      CLOUDFLARE_API_TOKEN
  file:dump.ndjson                    a file that \`edge-key-value copy\` has made, read-only
  @store.url                          a file that has the store's address in it

Other users of the machine can see the command line, with the passwords in it. To hide them, give the address by
EDGE_KEY_VALUE_STORE or by a file (--store @store.url).`;

/** Adds a command with the options of every command that uses one store. */
export function storeCommand(program: Command, usage: string, description: string): Command {
  return program
    .command(usage)
    .description(description)
    .addOption(new Option("--store <address>", "where the entries are").env("EDGE_KEY_VALUE_STORE"))
    .option("--key-prefix <prefix>", "the keyPrefix of the store", "")
    .option("--table <name>", "the table of a SQL database")
    .option("--json", "write JSON, one object a line", false)
    .addHelpText("after", STORES);
}

/** Opens the store, uses it and closes it. */
export async function withStore<R>(
  { store, keyPrefix, table }: StoreArguments,
  intent: Use,
  use: (backend: Backend) => Promise<R>,
): Promise<R> {
  const address = addressOf(store, "--store");
  if (address === "-") throw new UsageError("--store must be an address; - is for copy");
  const options = { keyPrefix, table, use: intent };
  const opened = await openBackend(address, "--store", ["UPSTASH_REDIS_REST_TOKEN"], options);
  const backend = opened ?? (await openNdjson(pathOf(address)));
  try {
    return await use(backend);
  } finally {
    await backend.close();
  }
}
