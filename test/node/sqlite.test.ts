import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "#test";
import { sqliteStore } from "../../src/adapters/sqlite.ts";

const folder = mkdtempSync(join(tmpdir(), "edge-key-value-sqlite-"));
afterAll(() => rmSync(folder, { recursive: true }));

const program = fileURLToPath(new URL("../support/sqlite-writer.mjs", import.meta.url));

/** Starts a process that writes to a file. It ends with the number of writes that the process has seen acknowledged. */
function writer(path: string, name: string, count: number, killAfter = Number.POSITIVE_INFINITY): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, path, name, `${count}`], { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let errors = "";
    const written = () => output.split("\n").length - 1;
    child.stdout.setEncoding("utf8").on("data", (text) => {
      output += text;
      if (written() >= killAfter) child.kill("SIGKILL");
    });
    child.stderr.setEncoding("utf8").on("data", (text) => (errors += text));
    child.on("close", (code, signal) => {
      if (code === 0 || signal === "SIGKILL") resolve(written());
      else reject(new Error(errors));
    });
  });
}

describe("a file of SQLite", () => {
  it("loses nothing that was acknowledged when a process is killed, while another one writes to it as well", async () => {
    const path = join(folder, "killed.db");
    const [steady, ...killed] = await Promise.all([
      writer(path, "steady", 300),
      writer(path, "a", 1_000_000, 40),
      writer(path, "b", 1_000_000, 90),
    ]);
    expect([steady, killed[0]! >= 40, killed[1]! >= 90]).toEqual([300, true, true]);

    await using store = sqliteStore(path);
    const acknowledged = { steady, a: killed[0]!, b: killed[1]! };
    for (const [name, count] of Object.entries(acknowledged)) {
      const keys = Array.from({ length: count }, (_, i) => [`${name}:${i}`, `${name}:${i}:again`]).flat();
      expect((await store.getMany(keys)).filter((value) => value === null)).toEqual([]);
    }
    // A write that was under way when its process was killed may be there, and nothing else.
    const sum = steady + killed[0]! + killed[1]!;
    const counted = (await store.get<number>("count"))!;
    expect([counted >= sum, counted <= sum + 2]).toEqual([true, true]);
    const last = (await store.get<Record<string, number>>("last"))!;
    for (const [name, count] of Object.entries(acknowledged)) {
      expect([name, last[name]! >= count - 1, last[name]! <= count]).toEqual([name, true, true]);
    }
    for await (const key of store.keys({ prefix: "a:" })) {
      // Both keys of a bulk are there, or none.
      const other = key.endsWith(":again") ? key.slice(0, -":again".length) : `${key}:again`;
      expect([key, await store.get(other)]).not.toEqual([key, null]);
    }
  }, 60_000);
});
