// Measures what a store adds to an application, minified and gzipped, beside other libraries. Run `npm run build` first.
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { save, saveResults } from "./support.mjs";

const { values: options } = parseArgs({ options: save });

const bundles = {
  "edge-key-value, memory": 'export { memoryStore } from "./dist/index.mjs"',
  "edge-key-value, Workers KV": 'export { workersKVStore } from "./dist/adapters/workers-kv.mjs"',
  "unstorage, memory": 'export { createStorage } from "unstorage"',
  "unstorage, lru-cache":
    'export { createStorage } from "unstorage"; export { default } from "unstorage/drivers/lru-cache"',
  "unstorage, Workers KV":
    'export { createStorage } from "unstorage"; export { default } from "unstorage/drivers/cloudflare-kv-binding"',
  "keyv, memory": 'export { default } from "keyv"',
  "cache-manager, memory": 'export { createCache } from "cache-manager"',
  "bentocache, memory":
    'export { BentoCache, bentostore } from "bentocache"; export { memoryDriver } from "bentocache/drivers/memory"',
};

const sizes = {};
for (const [name, contents] of Object.entries(bundles)) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: dirname(dirname(fileURLToPath(import.meta.url))) },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2022",
    // Some of the other libraries import Node's modules.
    platform: "node",
  });
  const { length } = gzipSync(outputFiles[0].contents, { level: 9 });
  console.log(`${name.padEnd(28)} ${(length / 1000).toFixed(2).padStart(6)} kB`);
  sizes[name] = { kB: length / 1000 };
}
if (options.save) saveResults("size", { size: sizes });
