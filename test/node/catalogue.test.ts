import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { describe, expect, it } from "#test";
import { entries, root } from "../../scripts/entries.mjs";

const filesIn = (folder: string, ending: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(ending) && !file.includes(".blocks"))
    .map((file) => join(root, folder, file));

const read = (file: string): string => readFileSync(file, "utf8");

/** The files that a file imports by a relative path, at any depth. */
function importsOf(file: string, found = new Set<string>()): Set<string> {
  for (const [, specifier] of read(file).matchAll(/(?:from|import|import\() ?"(\.[^"]+)"/g)) {
    const target = join(dirname(file), specifier!);
    if (found.has(target) || !existsSync(target)) continue;
    found.add(target);
    // A source counts as tested if a test imports it, or the index that exports it.
    if (!target.startsWith(join(root, "src")) || target === join(root, "src/index.ts")) importsOf(target, found);
  }
  return found;
}

const importedBy = (files: readonly string[]): Set<string> => new Set(files.flatMap((file) => [...importsOf(file)]));

const tableRows = read(join(root, "README.md"))
  .split("\n")
  .filter((line) => line.startsWith("|"));
const pages = filesIn("docs", ".md").map(read);
const tests = filesIn("test", ".test.ts");
const typeTests = importedBy(filesIn("test/types", ".ts"));
/** The stores of a browser run it inside a page. */
const pageScript = join(root, "test/support/page.ts");
const conformanceRuns = importedBy(
  [...tests, pageScript].filter((file) => /\bconformance\(|Conformance\(/.test(read(file))),
);
const anyTest = importedBy(tests);

/**
 * The parts that the package lists for readers. Only stores run the conformance suite. "" stands for the files directly in
 * `src`: an internal file that was put there by mistake is in no table.
 */
const kinds: Record<string, { readonly isStore: boolean }> = {
  "": { isStore: false },
  adapters: { isStore: true },
  wrappers: { isStore: true },
  views: { isStore: false },
  interop: { isStore: false },
};

for (const [kind, { isStore }] of Object.entries(kinds)) {
  describe(`everything in src/${kind}`.replace(/\/$/, ""), () => {
    const parts = entries()
      .filter(({ name }) => posix.dirname(name) === (kind || ".") && name !== "index")
      .map(({ name, source }) => ({ name, path: join(root, source), short: posix.basename(name) }));
    const without = (has: (part: (typeof parts)[number]) => boolean) =>
      parts.filter((part) => !has(part)).map(({ name }) => name);

    it("has a row in a table of the README", () => {
      expect(without(({ short }) => tableRows.some((row) => new RegExp(`[\`/]${short}\``).test(row)))).toEqual([]);
    });

    it("is named in a page of the documentation", () => {
      expect(without(({ name }) => pages.some((page) => page.includes(`edge-key-value/${name}`)))).toEqual([]);
    });

    it("is in the type tests", () => {
      expect(without(({ path }) => typeTests.has(path))).toEqual([]);
    });

    it(isStore ? "is in a run of the conformance suite" : "is in a test", () => {
      expect(without(({ path }) => (isStore ? conformanceRuns : anyTest).has(path))).toEqual([]);
    });
  });
}
