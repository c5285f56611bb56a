import { Command, CommanderError } from "commander";
import { version } from "../package.json";
import { KeyValueError } from "../src/core/errors.ts";
import { addCollections } from "./commands/collections.ts";
import { addCopy } from "./commands/copy.ts";
import { addDelete } from "./commands/delete.ts";
import { addGet } from "./commands/get.ts";
import { addList } from "./commands/list.ts";
import { addPut } from "./commands/put.ts";
import { addStat } from "./commands/stat.ts";
import { endWithReader, say, visible } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

async function main(): Promise<number> {
  let code = 0;
  const program = new Command("edge-key-value")
    .description("Tools for edge-key-value stores.")
    .version(version)
    .configureOutput({ writeErr: say })
    .exitOverride();
  for (const add of [addCopy, addList, addGet, addPut, addDelete, addCollections, addStat]) {
    add(program, (given) => {
      code = given;
    });
  }
  try {
    await program.parseAsync();
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const { message } = error as Error;
    say(`Error: ${visible(message)}${error instanceof KeyValueError ? ` (${error.code})` : ""}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

endWithReader();
// This also hides the arguments from other users, who could see them in the list of processes.
process.title = "edge-key-value";
process.exitCode = await main();
