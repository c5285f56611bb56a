// `npm run bench:start`: what it costs to load a library, make a store, put and get, in a new process, in a new isolate of
// Node (a worker thread) and in a new isolate of workerd, which loads one bundled and minified file. Run `npm run build` first.
//
// It counts the time of the processor and subtracts that of a process or isolate that does nothing. The table has the medians.
//
//   node bench/start.mjs [--rounds 15]
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import { cpuTime, median } from "./support.mjs";
import { startWorkerd, workerdFolder } from "./workerd.mjs";

const { values: options } = parseArgs({ options: { rounds: { type: "string", default: "15" } } });
const root = fileURLToPath(new URL("..", import.meta.url));

const programs = {
  nothing: "",
  "edge-key-value, memory": `
    const { memoryStore } = await import("./dist/index.mjs");
    const store = memoryStore();
    await store.put("k", 1);
    await store.get("k");`,
  keyv: `
    const { default: Keyv } = await import("keyv");
    const keyv = new Keyv();
    await keyv.set("k", 1);
    await keyv.get("k");`,
  unstorage: `
    const { createStorage } = await import("unstorage");
    const storage = createStorage();
    await storage.setItem("k", 1);
    await storage.getItem("k");`,
  "cache-manager": `
    const { createCache } = await import("cache-manager");
    const cache = createCache();
    await cache.set("k", 1);
    await cache.get("k");`,
  bentocache: `
    const { BentoCache, bentostore } = await import("bentocache");
    const { memoryDriver } = await import("bentocache/drivers/memory");
    const bento = new BentoCache({ default: "m", stores: { m: bentostore().useL1Layer(memoryDriver({})) } });
    await bento.set({ key: "k", value: 1 });
    await bento.get({ key: "k" });`,
};

/** The time of the processor that a program takes, in microseconds. */
const places = {
  async process(code) {
    const print = "const { user, system } = process.cpuUsage(); console.log(user + system); process.exit();";
    const script = ["--input-type=module", "--eval", `${code}\n${print}`];
    return Number(execFileSync(process.execPath, script, { cwd: root, encoding: "utf8" }));
  },
  "isolate of Node": (code) =>
    cpuTime(async () => {
      const source = `(async () => { ${code.replaceAll("./dist/", `${root}dist/`)} })().finally(() => process.exit());`;
      const worker = new Worker(source, { eval: true });
      await new Promise((resolve, reject) => worker.on("error", reject).on("exit", resolve));
    }),
  /** Of some isolates in a workerd of their own, since it keeps those of before. */
  async "isolate of workerd"(code) {
    const folder = workerdFolder();
    writeFileSync(`${folder}/loader.js`, LOADER);
    const { ask, elapsed, stop } = await startWorkerd(folder, LOADING);
    try {
      const program = await bundled(code);
      await ask({ program, count: 2 });
      const start = elapsed();
      await ask({ program, count: ISOLATES });
      return (elapsed() - start) / 1000 / ISOLATES;
    } finally {
      stop();
      rmSync(folder, { recursive: true });
    }
  },
};

const ISOLATES = 20;
/** Runs the program that a request has, each time in a new isolate. */
const LOADER = `export default {
  async fetch(request, env) {
    const { program, count } = await request.json();
    for (let i = 0; i < count; i++) {
      const load = () => ({ compatibilityDate: "2025-11-01", compatibilityFlags: ["nodejs_compat"], mainModule: "main.js", modules: { "main.js": program } });
      const response = await env.LOADER.get(crypto.randomUUID(), load).getEntrypoint().fetch("http://isolate");
      if (!response.ok) throw new Error(await response.text());
    }
    return Response.json({});
  },
};`;
const LOADING = `const main :Workerd.Worker = (
  modules = [(name = "loader.js", esModule = embed "loader.js")],
  compatibilityDate = "2025-11-01",
  bindings = [(name = "LOADER", workerLoader = (id = "isolates"))],
);`;

async function bundled(code) {
  const contents = `export default { async fetch() { ${code}; return new Response("done"); } };`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "node",
    conditions: ["workerd", "worker"],
    // bentocache has packages that `require` modules of Node.
    banner: code.includes("bentocache")
      ? { js: 'import { createRequire } from "node:module"; const require = createRequire("/");' }
      : {},
    write: false,
  });
  return outputFiles[0].text;
}

process.chdir(root);
for (const [place, run] of Object.entries(places)) {
  const times = new Map(Object.keys(programs).map((name) => [name, []]));
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const [name, code] of Object.entries(programs)) times.get(name).push(await run(code));
  }
  console.log(`\na new ${place}: ${"ms of the processor".padStart(40 - place.length)}`);
  const nothing = median(times.get("nothing"));
  for (const [name, own] of times) {
    const time = (median(own) - (name === "nothing" ? 0 : nothing)) / 1000;
    console.log(`${name.padEnd(28)} ${name === "nothing" ? " " : "+"}${time.toFixed(1).padStart(6)}`);
  }
}
