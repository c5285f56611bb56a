import type { Command } from "commander";
import { confirm } from "../confirm.ts";
import { firstOf } from "../names.ts";
import { jsonLine } from "../table.ts";
import { print, say } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import { listLimit } from "./arguments.ts";
import { type StoreArguments, storeCommand, withStore } from "./store-command.ts";

interface Arguments extends StoreArguments {
  readonly collection: string;
  readonly prefix?: string;
  readonly limit: number;
  readonly yes: boolean;
}

/** How many entries to delete at a time. */
const BULK = 100;

export function addDelete(program: Command, exit: (code: number) => void): void {
  storeCommand(program, "delete [keys...]", "Delete entries of a collection, by their keys or by a prefix.")
    .option("--collection <name>", "the collection", "default_collection")
    .option("--prefix <text>", 'instead of keys: all that start with this; "" means all of the collection')
    .option("--limit <n>", "with --prefix: how many, at most", listLimit, 1e9)
    .option("--yes", "do not ask", false)
    .action(async (keys: string[], args: Arguments) => exit(await remove(keys, args)));
}

async function remove(given: readonly string[], args: Arguments): Promise<number> {
  const { collection, prefix, limit, yes, json } = args;
  if (given.length > 0 === (prefix !== undefined)) throw new UsageError("name the keys to delete, or a --prefix");
  return await withStore(args, "change", async ({ driver, label }) => {
    const list = async () => (await firstOf((page) => driver.listKeys!(collection, page), { prefix, limit })).names;
    const keys = given.length > 0 ? [...new Set(given)] : await list();
    const what = `${keys.length.toLocaleString("en")} ${keys.length === 1 ? "entry" : "entries"}`;
    const where = `${JSON.stringify(collection)} of ${label}`;
    if (!yes && keys.length > 0 && !(await confirm(`Delete ${what} of ${where}?`))) {
      say("Nothing was deleted.\n");
      return 1;
    }
    let deleted = 0;
    for (let at = 0; at < keys.length; at += BULK)
      deleted += await driver.remove(collection, keys.slice(at, at + BULK));
    if (json) await print(jsonLine({ collection, deleted }));
    else say(`Deleted ${deleted.toLocaleString("en")} of ${what}\n`);
    return given.length > deleted ? 1 : 0;
  });
}
