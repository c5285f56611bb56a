import type { Command } from "commander";
import { live } from "../../src/core/entry.ts";
import { lineOf } from "../lines.ts";
import { print, say, visible } from "../terminal.ts";
import { type StoreArguments, storeCommand, withStore } from "./store-command.ts";

interface Arguments extends StoreArguments {
  readonly collection: string;
}

export function addGet(program: Command, exit: (code: number) => void): void {
  storeCommand(program, "get <key>", "Write the value of an entry as JSON; with --json as a line that copy can read.")
    .option("--collection <name>", "the collection", "default_collection")
    .action(async (key: string, args: Arguments) => exit(await get(key, args)));
}

async function get(key: string, args: Arguments): Promise<number> {
  return await withStore(args, "read", async ({ driver }) => {
    const { collection, json } = args;
    const [found] = await driver.read(collection, [key]);
    const entry = live(found);
    if (!entry) {
      say(`${visible(JSON.stringify(collection))} has no entry ${visible(JSON.stringify(key))}\n`);
      return 1;
    }
    const lines = JSON.stringify(entry.value, undefined, 2).split("\n");
    await print(json ? lineOf(collection, key, entry) : `${lines.map(visible).join("\n")}\n`);
    return 0;
  });
}
