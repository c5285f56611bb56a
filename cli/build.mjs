// Bundles the command with the libraries it needs into one file, so that the package has no dependencies.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Writes the command to `outfile`, and the licences of the bundled libraries next to it. */
export async function buildCommand(outfile = join(root, "cli/dist/edge-key-value.mjs")) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ["cli/main.ts"],
    outfile,
    bundle: true,
    minify: true,
    platform: "node",
    target: "node20",
    format: "esm",
    // The Redis client loads the first only if it is told to report metrics; Node never loads the second.
    external: ["@opentelemetry/api", "bun:sqlite"],
    metafile: true,
    logLevel: "error",
    legalComments: "none",
    banner: {
      js: '#!/usr/bin/env node\nimport { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);',
    },
  });
  const packages = new Set(
    Object.keys(metafile.inputs).flatMap((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []),
  );
  writeFileSync(join(dirname(outfile), "LICENSES.txt"), [...packages].sort().map(licenceOf).join("\n"));
}

function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
  for (const file of ["LICENSE", "LICENSE.md", "license", "LICENSE.txt"]) {
    try {
      return `${name} ${version} (${license})\n\n${readFileSync(join(root, folder, file), "utf8").trim()}\n`;
    } catch {}
  }
  return `${name} ${version} (${license})\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildCommand();
