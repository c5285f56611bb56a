import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, describe, expect, it } from "#test";
import { root } from "../../scripts/entries.mjs";
import type { CopyProgress } from "../../src/migrate.ts";

type Copy = typeof import("../../src/index.ts") &
  typeof import("../../src/interop/hono-session.ts") &
  typeof import("../../src/lock.ts") &
  typeof import("../../src/migrate.ts") &
  typeof import("../../src/wrappers/prefix-keys.ts") &
  typeof import("../../src/wrappers/retry.ts");

/** A bundle with all of the package that it needs. Loaded twice, it is two copies. */
const contents = ["index", "interop/hono-session", "lock", "migrate", "wrappers/prefix-keys", "wrappers/retry"]
  .map((name) => `export * from "./src/${name}.ts";`)
  .join("\n");
const folder = mkdtempSync(join(tmpdir(), "edge-key-value-copies-"));
afterAll(() => rmSync(folder, { recursive: true }));
const outfile = join(folder, "copy.mjs");
await build({ stdin: { contents, resolveDir: root }, bundle: true, format: "esm", outfile, logLevel: "silent" });
const symbols = () => Object.getOwnPropertySymbols(globalThis).length;

const before = symbols();
const ours: Copy = await import(/* @vite-ignore */ `${outfile}?1`);
const theirs: Copy = await import(/* @vite-ignore */ `${outfile}?2`);
const added = symbols() - before;

describe("two copies of the package in one program", () => {
  it("are two copies, and put nothing into the global scope while they load", () => {
    expect(ours.memoryStore).not.toBe(theirs.memoryStore);
    expect(ours.KeyValueError).not.toBe(theirs.KeyValueError);
    expect(added).toBe(0);
  });

  it("know each other's stores with all their capabilities", async () => {
    const store = theirs.memoryStore();
    expect(ours.toDriver(store)).toBe(theirs.toDriver(store));
    const wrapped = ours.prefixKeys(store, "a");
    expect(await Promise.all([wrapped.increment("n"), wrapped.increment("n")])).toEqual([1, 2]);
    const lock = await ours.lock(store, "job", { ttl: 10 });
    expect(await theirs.tryLock(store, "job", { ttl: 10 })).toBe(null);
    await lock.release();
    expect(typeof ours.honoSessionStorage(store)).toBe("function");
  });

  it("take a store that was spread for a foreign one, as one copy does", () => {
    expect(ours.toDriver({ ...theirs.memoryStore() }).name).toBe("custom");
  });

  it("know each other's errors", async () => {
    const failing = (code: "unavailable" | "full") => {
      const driver = theirs.toDriver(theirs.memoryStore());
      let calls = 0;
      return theirs.createStore({
        ...driver,
        read(collection, keys, options) {
          if (++calls === 1) throw new theirs.KeyValueError(code, "down", { key: keys[0] });
          return driver.read(collection, keys, options);
        },
      });
    };
    expect(await ours.retry(failing("unavailable"), { minDelay: 0 }).get("k")).toBe(null);
    const full = await ours
      .retry(failing("full"), { minDelay: 0 })
      .get<never>("k")
      .catch((error) => error);
    expect([full instanceof ours.KeyValueError, full.code]).toEqual([true, "full"]);
  });

  it("do not take anything else for an error of theirs", () => {
    const error = new ours.KeyValueError("backend", "failed");
    for (const other of [
      new Error("failed"),
      { ...error },
      { name: "KeyValueError" },
      "failed",
      null,
      undefined,
      ours,
      error.code,
    ]) {
      expect(other instanceof theirs.KeyValueError).toBe(false);
    }
    expect(error instanceof Error).toBe(true);
    expect(error instanceof theirs.CopyError).toBe(false);
    const copyError = new theirs.CopyError(error, {} as CopyProgress);
    expect([copyError instanceof theirs.CopyError, copyError instanceof ours.KeyValueError]).toEqual([true, true]);
  });
});
