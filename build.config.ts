import { defineBuildConfig } from "unbuild";
import { entries } from "./scripts/entries.mjs";

export default defineBuildConfig({
  entries: entries().map(({ name, source }) => ({ input: source, name })),
  declaration: "node16",
  externals: [/^cloudflare:/],
  rollup: { esbuild: { target: "es2022" } },
});
