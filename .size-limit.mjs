import { existsSync } from "node:fs";

// What an application pays, minified and gzipped.
export default [
  { name: "core + memory", path: "dist/index.mjs", import: "{ memoryStore }", limit: "5.75 kB", gzip: true },
  {
    name: "core + Workers KV",
    path: "dist/adapters/workers-kv.mjs",
    import: "{ workersKVStore }",
    limit: "5.1 kB",
    gzip: true,
  },
].filter(({ path }) => existsSync(path));
