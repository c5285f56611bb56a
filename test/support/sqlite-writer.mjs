// Writes to a file of SQLite until it has done so often enough, or is killed, and prints the number of each write that the
// store has acknowledged.
//
//   node sqlite-writer.mjs <path> <name> <count>
import { writeSync } from "node:fs";
import { sqliteStore } from "../../src/adapters/sqlite.ts";

const [path, name, count] = process.argv.slice(2);
const store = sqliteStore(path);
for (let i = 0; i < Number(count); i++) {
  await store.increment("count");
  await store.update("last", (last) => ({ ...last, [name]: i }));
  await store.putMany([
    [`${name}:${i}`, "x".repeat(200)],
    [`${name}:${i}:again`, i],
  ]);
  writeSync(1, `${i}\n`);
}
