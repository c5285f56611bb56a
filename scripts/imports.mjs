// Checks every import in `src` against the rules in import-rules.mjs.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./entries.mjs";
import { importProblems } from "./import-rules.mjs";

const names = readdirSync(join(root, "src"), { recursive: true }).map((file) => file.replaceAll("\\", "/"));
const files = new Map(
  names.filter((file) => file.endsWith(".ts")).map((file) => [file, readFileSync(join(root, "src", file), "utf8")]),
);
const { peerDependencies = {} } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

const problems = importProblems(files, Object.keys(peerDependencies));
for (const problem of problems) console.log(problem);
process.exitCode = problems.length ? 1 : 0;
