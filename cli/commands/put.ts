import { buffer } from "node:stream/consumers";
import { type Command, InvalidArgumentError } from "commander";
import { createStore } from "../../src/index.ts";
import { jsonLine } from "../table.ts";
import { print, say, visible } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import { type StoreArguments, storeCommand, withStore } from "./store-command.ts";

interface Arguments extends StoreArguments {
  readonly collection: string;
  readonly ttl?: number;
  readonly text: boolean;
}

function seconds(given: string): number {
  const number = Number(given);
  if (given.trim() !== "" && Number.isFinite(number) && number > 0) return number;
  throw new InvalidArgumentError("It must be a number of seconds above 0.");
}

export function addPut(program: Command, exit: (code: number) => void): void {
  storeCommand(
    program,
    "put <key> [value]",
    "Write an entry over whatever is there; without a value, it comes from standard input.",
  )
    .option("--collection <name>", "the collection", "default_collection")
    .option("--ttl <seconds>", "when the entry expires; without it, never", seconds)
    .option("--text", "the value is a text, not JSON", false)
    .action(async (key: string, value: string | undefined, args: Arguments) => exit(await put(key, value, args)));
}

async function put(key: string, given: string | undefined, args: Arguments): Promise<number> {
  const { collection, ttl, json } = args;
  const value = parsed(given ?? decoded(await buffer(process.stdin)), args.text);
  return await withStore(args, "create", async ({ driver, label }) => {
    await createStore(driver).put(key, value, { collection, ttl });
    if (json) await print(jsonLine({ collection, key, ttl }));
    else say(`Put ${visible(JSON.stringify(key))} into ${visible(JSON.stringify(collection))} of ${visible(label)}\n`);
    return 0;
  });
}

function decoded(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError("the value is not UTF-8");
  }
}

function parsed(given: string, isText: boolean): unknown {
  if (isText) return given;
  let value: unknown;
  try {
    value = JSON.parse(given);
  } catch {
    throw new UsageError("the value is not JSON: use --text for a text");
  }
  if (value === null) throw new UsageError("null is no value: use delete");
  return value;
}
