// `npm run release:check -- v0.2.0`: whether a tag fits what would be released.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./entries.mjs";

/** What does not fit, as sentences. */
export function releaseProblems(tag, { packageVersion, denoVersion, changelog }) {
  const problems = [];
  const [, version] = /^v(\d+\.\d+\.\d+(?:-[\w.]+)?)$/.exec(tag) ?? [];
  if (!version) return [`"${tag}" is no tag such as v0.2.0`];
  if (packageVersion !== version) problems.push(`package.json has version ${packageVersion}, the tag ${version}`);
  if (denoVersion !== version) problems.push(`deno.json has version ${denoVersion}, the tag ${version}`);
  const [, date] = new RegExp(`^## ${version.replaceAll(".", "\\.")} \\((.*)\\)$`, "m").exec(changelog) ?? [];
  if (date === undefined) problems.push(`CHANGELOG.md has no section "## ${version} (date)"`);
  else if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) problems.push(`CHANGELOG.md says "${date}" where the date belongs`);
  return problems;
}

if (process.argv[1] === import.meta.filename) {
  const text = (file) => readFileSync(join(root, file), "utf8");
  const problems = releaseProblems(process.argv[2] ?? "", {
    packageVersion: JSON.parse(text("package.json")).version,
    denoVersion: JSON.parse(text("deno.json")).version,
    changelog: text("CHANGELOG.md"),
  });
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
