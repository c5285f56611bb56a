import type { Command } from "commander";
import { live } from "../../src/core/entry.ts";
import { batchesOf } from "../../src/migration/copy-source.ts";
import { jsonLine, tableOf } from "../table.ts";
import { print, say, visible } from "../terminal.ts";
import { type StoreArguments, storeCommand, withStore } from "./store-command.ts";

interface Arguments extends StoreArguments {
  readonly collection?: string;
}

interface Counts {
  entries: number;
  expiring: number;
  bytes: number;
  failed: number;
}

export function addStat(program: Command, exit: (code: number) => void): void {
  storeCommand(
    program,
    "stat",
    "Count the entries of each collection, those with a deadline, and their size as JSON. It reads all of them.",
  )
    .option("--collection <name>", "only this collection")
    .action(async (args: Arguments) => exit(await stat(args)));
}

async function stat(args: Arguments): Promise<number> {
  return await withStore(args, "read", async ({ driver, label }) => {
    const counts = new Map<string, Counts>();
    const collections = args.collection === undefined ? undefined : [args.collection];
    for await (const { collection, items, failures } of batchesOf(driver, { collections })) {
      const count = counts.get(collection) ?? { entries: 0, expiring: 0, bytes: 0, failed: 0 };
      for (const [, entry] of items) {
        if (!live(entry)) continue;
        count.entries++;
        if (entry.expiresAt !== undefined) count.expiring++;
        count.bytes += Buffer.byteLength(JSON.stringify(entry.value));
      }
      count.failed += failures.length;
      if (count.entries + count.failed > 0) counts.set(collection, count);
    }
    if (args.json) {
      for (const [collection, count] of counts) await print(jsonLine({ collection, ...count }));
    } else {
      say(`${visible(label)}: ${driver.name}, ${driver.consistency}ly consistent\n`);
      const rows = [...counts].map(([name, { entries, expiring, bytes, failed }]) => [
        name,
        entries,
        expiring,
        bytes,
        failed,
      ]);
      await print(tableOf(["COLLECTION", "ENTRIES", "WITH A DEADLINE", "BYTES", "UNREADABLE"], rows));
    }
    return [...counts.values()].some(({ failed }) => failed > 0) ? 1 : 0;
  });
}
