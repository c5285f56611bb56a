import type { Command } from "commander";
import { firstOf } from "../names.ts";
import { jsonLine, tableOf } from "../table.ts";
import { print, say } from "../terminal.ts";
import { listLimit } from "./arguments.ts";
import { type StoreArguments, storeCommand, withStore } from "./store-command.ts";

interface Arguments extends StoreArguments {
  readonly prefix: string;
  readonly limit: number;
}

export function addCollections(program: Command, exit: (code: number) => void): void {
  storeCommand(program, "collections", "List the collections that hold something.")
    .option("--prefix <text>", "only names that start with this", "")
    .option("--limit <n>", "how many, at most", listLimit, 100)
    .action(async (args: Arguments) => exit(await collections(args)));
}

async function collections(args: Arguments): Promise<number> {
  return await withStore(args, "read", async ({ driver }) => {
    const { names, more } = await firstOf((page) => driver.listCollections!(page), args);
    const rows = names.map((name) => [name]);
    await print(
      args.json ? names.map((collection) => jsonLine({ collection })).join("") : tableOf(["COLLECTION"], rows),
    );
    if (more) say(`There are more collections: --limit ${args.limit * 10}\n`);
    return 0;
  });
}
