// The list of what the package exports. package.json, deno.json, the build and the checks come from it.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** The folders of `src` that the package does not export. */
export const privateFolders = [
  "caching",
  "codecs",
  "core",
  "idempotency",
  "inspector",
  "locking",
  "migration",
  "rate-limiting",
];

/**
 * Every public module: `{ name: "adapters/memory", subpath: "./adapters/memory", source: "src/adapters/memory.ts" }`.
 *
 * Every file directly in `src` is public, and so is every file directly in a folder that is not private. Subfolders are
 * private. A folder with an `index.ts` exports that file alone.
 */
export function entries() {
  const items = readdirSync(join(root, "src"), { withFileTypes: true });
  const folders = items.filter((item) => item.isDirectory() && !privateFolders.includes(item.name));
  const names = modules("");
  for (const { name: folder } of folders) {
    const files = modules(folder);
    names.push(...(files.includes("index") ? ["index"] : files).map((file) => `${folder}/${file}`));
  }
  return names
    .sort(byName)
    .map((name) => ({
      name,
      subpath: name === "index" ? "." : `./${name.replace(/\/index$/, "")}`,
      source: `src/${name}.ts`,
    }));
}

/** The names of the files directly in a folder of `src`, without `.ts`. */
function modules(folder) {
  const files = readdirSync(join(root, "src", folder)).filter((file) => /^[^.]+\.ts$/.test(file));
  return files.map((file) => file.slice(0, -".ts".length));
}

/** Sorts the core first, then files before folders, each by name. */
function byName(a, b) {
  const rank = (name) => [name !== "index", name.includes("/"), name];
  const [left, right] = [rank(a), rank(b)];
  const at = left.findIndex((part, i) => part !== right[i]);
  return at < 0 ? 0 : left[at] < right[at] ? -1 : 1;
}

/** Whether only workerd can load a module, because it imports one of workerd's built-in modules. */
export function needsWorkerd({ source }) {
  return /from "cloudflare:/.test(readFileSync(join(root, source), "utf8"));
}
