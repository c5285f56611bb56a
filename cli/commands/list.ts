import type { Command } from "commander";
import { live } from "../../src/core/entry.ts";
import type { KeyValueError } from "../../src/core/errors.ts";
import { entriesOf } from "../entries.ts";
import { firstOf } from "../names.ts";
import { jsonLine, tableOf, timeLeft } from "../table.ts";
import { print, say } from "../terminal.ts";
import { listLimit } from "./arguments.ts";
import { type StoreArguments, storeCommand, withStore } from "./store-command.ts";

interface Arguments extends StoreArguments {
  readonly collection: string;
  readonly prefix: string;
  readonly limit: number;
}

export function addList(program: Command, exit: (code: number) => void): void {
  storeCommand(
    program,
    "list",
    "List the keys of a collection, with the time that entries have left and their size as JSON.",
  )
    .option("--collection <name>", "the collection", "default_collection")
    .option("--prefix <text>", "only keys that start with this", "")
    .option("--limit <n>", "how many keys, at most", listLimit, 100)
    .action(async (args: Arguments) => exit(await list(args)));
}

async function list(args: Arguments): Promise<number> {
  return await withStore(args, "read", async ({ driver }) => {
    const { collection, json } = args;
    const { names, more } = await firstOf((page) => driver.listKeys!(collection, page), args);
    const rows: (string | number)[][] = [];
    const failures: KeyValueError[] = [];
    for (const [key, found] of await entriesOf(driver, collection, names)) {
      if (found instanceof Error) failures.push(found);
      const entry = found instanceof Error ? undefined : live(found);
      // It may have expired since it was listed.
      if (!entry && !(found instanceof Error)) continue;
      const bytes = entry ? Buffer.byteLength(JSON.stringify(entry.value)) : undefined;
      if (json) await print(jsonLine({ collection, key, bytes, ...timesOf(entry), error: codeOf(found) }));
      else rows.push([key, timeLeft(entry?.expiresAt), bytes?.toLocaleString("en") ?? `(${codeOf(found)})`]);
    }
    if (!json) await print(tableOf(["KEY", "EXPIRES IN", "BYTES"], rows));
    if (more) say(`There are more keys: --limit ${args.limit * 10}\n`);
    return failures.length > 0 ? 1 : 0;
  });
}

const codeOf = (found: unknown) => (found instanceof Error ? (found as KeyValueError).code : undefined);

function timesOf(entry: { createdAt?: number | undefined; expiresAt?: number | undefined } | undefined) {
  return { createdAt: entry?.createdAt, expiresAt: entry?.expiresAt };
}
