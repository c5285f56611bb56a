// What the package exports: the one list, from which package.json, deno.json, the build and the checks are made.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** The public files that lie directly in `src`; all others there are internal to the core. */
const topLevel = ["index", "combinators", "conformance", "cached", "cached-response", "lock", "rate-limit", "migrate"];

/** Folders of `src` that nobody imports from outside: what a public file is made of where that is more than one idea. */
export const privateFolders = ["caching", "codecs", "combining", "migration"];

/**
 * Every public module: `{ name: "adapters/memory", subpath: "./adapters/memory", source: "src/adapters/memory.ts" }`.
 *
 * Every file of a folder of `src` is one, apart from subfolders; a folder with an `index.ts` exports that file alone.
 */
export function entries() {
  const names = topLevel.filter((name) => existsSync(join(root, "src", `${name}.ts`)));
  const folders = readdirSync(join(root, "src"), { withFileTypes: true }).filter(
    (item) => item.isDirectory() && !privateFolders.includes(item.name),
  );
  for (const { name: folder } of folders.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const files = readdirSync(join(root, "src", folder)).filter((file) => /^[^.]+\.ts$/.test(file));
    if (files.includes("index.ts")) names.push(`${folder}/index`);
    else names.push(...files.sort().map((file) => `${folder}/${file.slice(0, -3)}`));
  }
  return names.map((name) => ({
    name,
    subpath: name === "index" ? "." : `./${name.replace(/\/index$/, "")}`,
    source: `src/${name}.ts`,
  }));
}

/** Whether a module can only be loaded by workerd, because it imports one of its built-in modules. */
export function needsWorkerd({ source }) {
  return /from "cloudflare:/.test(readFileSync(join(root, source), "utf8"));
}
