import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { memoryStore } from "../../src/adapters/memory.ts";
import { toDriver } from "../../src/index.ts";
import { readOnly } from "../../src/wrappers/read-only.ts";
import { batchesOfLines } from "../lines.ts";
import { say, visible } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import type { Backend } from "./backend.ts";

/** The entries of a file, which are kept in memory meanwhile. They cannot be changed. */
export async function openNdjson(path: string): Promise<Backend> {
  await stat(path).catch((error) => {
    throw new UsageError(`${path}: ${error.message}`);
  });
  const store = memoryStore();
  const { write } = toDriver(store);
  for await (const { collection, items, failures } of batchesOfLines(createReadStream(path), 0, {
    batch: 1000,
    checksum: true,
  })) {
    for (const { message } of failures) say(`Warning: ${visible(`${path}: ${message}`)}\n`);
    if (items.length > 0) await write(collection, items);
  }
  return { label: path, driver: toDriver(readOnly(store)), close: async () => {} };
}
