// Writes the exports of package.json and deno.json from the files in `src`. With --check it compares them, and the built files.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { entries, root } from "./entries.mjs";

const list = entries();
const wanted = {
  "package.json": {
    ...Object.fromEntries(
      list.map(({ subpath, name }) => [subpath, { types: `./dist/${name}.d.mts`, default: `./dist/${name}.mjs` }]),
    ),
    "./package.json": "./package.json",
  },
  "deno.json": Object.fromEntries(list.map(({ subpath, source }) => [subpath, `./${source}`])),
};

const check = process.argv.includes("--check");
const problems = [];
for (const [file, exports] of Object.entries(wanted)) {
  const text = readFileSync(join(root, file), "utf8");
  const json = JSON.parse(text);
  if (JSON.stringify(json.exports) === JSON.stringify(exports)) continue;
  if (check) problems.push(`the exports of ${file} are not the files in src: run \`npm run exports\``);
  else writeFileSync(join(root, file), `${JSON.stringify({ ...json, exports }, null, 2)}\n`);
}

if (check) {
  const versions = ["package.json", "deno.json"].map(
    (file) => JSON.parse(readFileSync(join(root, file), "utf8")).version,
  );
  if (versions[0] !== versions[1]) problems.push(`package.json has version ${versions[0]}, deno.json ${versions[1]}`);
  const built = new Set(list.flatMap(({ name }) => [`${name}.mjs`, `${name}.d.mts`]));
  for (const file of built) if (!existsSync(join(root, "dist", file))) problems.push(`dist/${file} was not built`);
  for (const file of existsSync(join(root, "dist")) ? readdirSync(join(root, "dist"), { recursive: true }) : []) {
    const name = file.replaceAll("\\", "/");
    const chunk = name.startsWith("shared/") && /\.(mjs|d\.mts)$/.test(name);
    if (/\.\w+$/.test(name) && !built.has(name) && !chunk) problems.push(`dist/${name} belongs to no export`);
  }
}

for (const problem of problems) console.log(problem);
process.exitCode = problems.length ? 1 : 0;
