import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./blocks.ts";

const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const npmWords = new Set(["ci", "pkg", "install", "i", "pack", "publish", "create", "init", "uninstall"]);

/** What is wrong with the commands of a shell block: scripts, tools and files that are not there. */
export function shellProblems(code: string): string[] {
  const problems: string[] = [];
  const lines = code.replaceAll(/\\\n/g, " ").split("\n");
  for (const line of lines) {
    const text = line.replace(/^\s*\$ /, "").replace(/(^|\s)#.*$/, "");
    for (const [, run, name] of text.matchAll(/(?:^|&&|;)\s*npm (run )?([\w:-]+)/g)) {
      if (run ? !scripts[name!] : !scripts[name!] && !npmWords.has(name!))
        problems.push(`there is no npm script "${name}"`);
    }
    for (const [, name] of text.matchAll(/(?:^|&&|;)\s*npx ([\w-]+)/g)) {
      const own = name === "edge-key-value";
      if (!own && !existsSync(join(root, "node_modules/.bin", name!))) problems.push(`npx would download "${name}"`);
    }
    for (const word of text.split(/\s+/)) {
      const [first] = word.replace(/^\.\//, "").split("/");
      const ours = readdirSync(root).includes(first!);
      if (/\/.*\.(ts|mjs|js|sh)$/.test(word) && ours && !word.includes("*") && !existsSync(join(root, word))) {
        problems.push(`there is no file ${word}`);
      }
    }
  }
  return problems;
}
