import { defineBuildConfig } from "unbuild";
import { buildCommand } from "./cli/build.mjs";
import { entries } from "./scripts/entries.mjs";

export default defineBuildConfig({
  entries: entries().map(({ name, source }) => ({ input: source, name })),
  declaration: "node16",
  externals: [/^cloudflare:/, /^bun:/],
  hooks: { "build:before": () => buildCommand() },
  rollup: {
    // Without it every file imports the chunks of its imports too, for nothing.
    output: { hoistTransitiveImports: false },
    esbuild: { target: "es2022" },
  },
});
