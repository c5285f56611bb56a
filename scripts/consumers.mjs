// `npm run consumers`: the package as its users get it. Packs it, installs it into an empty project with npm and with Bun,
// compiles programs there, builds them with every bundler, runs each result, and checks that a bundle has nothing of what
// the program does not use. test/dist checks each module on each runtime; here, what others make of the package is checked.
import { cpSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { createTestHarness } from "wrangler";
import { bundle, bundlers } from "./consumers/bundlers.mjs";
import { distinctStrings } from "./consumers/strings.mjs";
import { entries, needsWorkerd, root } from "./entries.mjs";
import { run } from "./run.mjs";

// The simulator asks the network where this machine is, otherwise.
process.env.CLOUDFLARE_CF_FETCH_ENABLED = "false";

const EXPECTED = {
  app: [5000, ["tenant::user"], 42, "not_found", "misconfigured", "misconfigured"],
  server: [42],
  worker: [{ visits: 1 }, 1],
};

const project = realpathSync(mkdtempSync(join(tmpdir(), "edge-key-value-consumers-")));
const inProject = (...parts) => join(project, ...parts);
let passed = 0;
let failed = 0;

async function check(name, body) {
  const begun = Date.now();
  const failure = await Promise.resolve()
    .then(body)
    .then(
      (note) => void (note && console.log(note)),
      (error) => error,
    );
  if (failure) failed++;
  else passed++;
  console.log(`${failure ? "FAILED" : "ok    "} ${name} (${((Date.now() - begun) / 1000).toFixed(1)} s)`);
  if (failure) console.log(String(failure.message).replace(/^/gm, "       "));
}

async function must(command, args, options) {
  const { code, output } = await run(command, args, { cwd: project, seconds: 300, ...options });
  if (code !== 0) throw new Error(`${[command, ...args].join(" ")} ended with ${code}\n${output}`);
  return output;
}

function same(actual, expected) {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (left !== right) throw new Error(`${left} instead of ${right}`);
}

/** Runs a program, and compares the results that it prints. */
async function prints(expected, command, args, options) {
  const output = await must(command, args, options);
  same(JSON.parse(/^RESULTS (.*)$/m.exec(output)?.[1] ?? "null"), expected);
}

async function pack() {
  await must("unbuild", [], { cwd: root });
  await must("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", project], { cwd: root });
  const file = readdirSync(project).find((name) => name.endsWith(".tgz"));
  writeFileSync(inProject("package.json"), '{ "private": true, "type": "module" }\n');
  for (const name of ["app.ts", "server.ts", "worker.ts"]) {
    cpSync(join(root, "scripts/consumers", name), inProject(name));
  }
  return file;
}

const typesOf = (name) => join(root, "node_modules", name);

/** Compiles the programs to JavaScript, as a project of a user would. */
async function compile(moduleResolution, files, types, lib) {
  const compilerOptions = {
    ...{ outDir: ".", strict: true, skipLibCheck: false, target: "es2022", lib, types },
    ...{ module: moduleResolution === "bundler" ? "esnext" : moduleResolution, moduleResolution },
  };
  const config = inProject(`${moduleResolution}-${basename(files[0], ".ts")}.json`);
  writeFileSync(config, JSON.stringify({ compilerOptions, files }));
  await must("node", [join(root, "node_modules/typescript/bin/tsc"), "-p", config]);
}

async function buildWorker() {
  const config = {
    name: "consumer",
    main: "worker.ts",
    compatibility_date: "2025-11-01",
    kv_namespaces: [{ binding: "KV", id: "local" }],
    durable_objects: { bindings: [{ name: "STORE", class_name: "KeyValueObject" }] },
    migrations: [{ tag: "v1", new_sqlite_classes: ["KeyValueObject"] }],
  };
  writeFileSync(inProject("wrangler.json"), JSON.stringify(config));
  await must("wrangler", ["deploy", "--dry-run", "--outdir", "deployed"]);
  // What Wrangler would upload, served as it is.
  const served = { ...config, main: "deployed/worker.js", no_bundle: true };
  writeFileSync(inProject("served.json"), JSON.stringify(served));
  const harness = createTestHarness({ workers: [{ configPath: inProject("served.json") }] });
  try {
    await harness.listen();
    same(await (await harness.fetch("/")).json(), EXPECTED.worker);
  } finally {
    await harness.close();
  }
  const text = readFileSync(inProject("deployed/worker.js"), "utf8");
  leavesOut(text, [
    "adapters/durable-object",
    "adapters/key-value-object",
    "adapters/workers-kv",
    "wrappers/prefix-keys",
  ]);
}

const strings = distinctStrings();

/** Throws if a bundle holds a string of a public module that is not among those `used`. */
function leavesOut(text, used) {
  const found = [...strings].filter(([name, own]) => !used.includes(name) && own.some((each) => text.includes(each)));
  if (found.length) throw new Error(`the bundle holds strings of ${found.map(([name]) => name).join(", ")}`);
}

const using = (...lines) => `${lines.join("\n")}\n`;
const MEMORY = ['import { memoryStore } from "edge-key-value";', "globalThis.store = memoryStore();"];
const importOf = ({ subpath }, name) => `import * as ${name} from "edge-key-value${subpath.slice(1)}";`;

/** A bundle does not change when the program also imports every module of the package and uses none of them. */
async function unusedLeavesNothing(name) {
  // Only workerd and its bundler know "cloudflare:workers".
  const others = entries().filter((entry) => entry.subpath !== "." && !needsWorkerd(entry));
  writeFileSync(inProject("one.js"), using(...MEMORY));
  writeFileSync(inProject("all.js"), using(...others.map((entry, i) => importOf(entry, `unused${i}`)), ...MEMORY));
  const [alone, all] = [await bundle(name, inProject("one.js")), await bundle(name, inProject("all.js"))].map((file) =>
    readFileSync(file, "utf8"),
  );
  // By their lengths: minifiers shorten the same names to other letters.
  if (alone.length !== all.length) throw new Error(`${all.length} bytes instead of ${alone.length}`);
  leavesOut(all, ["index", "adapters/memory"]);
  return `       memoryStore alone: ${alone.length} bytes, with ${others.length} unused imports: ${all.length}`;
}

const kilobytes = (text) => (gzipSync(text, { level: 9 }).length / 1000).toFixed(2);

/** A bundle with one wrapper has nothing of the others. */
async function oneWrapperAlone({ name, subpath }) {
  const file = inProject(`one-${basename(name)}.js`);
  writeFileSync(file, using(importOf({ subpath }, "wrapper"), ...MEMORY, "globalThis.wrapper = { ...wrapper };"));
  const text = readFileSync(await bundle("esbuild", file), "utf8");
  leavesOut(text, ["index", "adapters/memory", name]);
  // The search would find it: what is used is there.
  const own = strings.get(name);
  if (own.length && !own.some((each) => text.includes(each))) throw new Error(`no string of ${name} is in its bundle`);
  return `       ${name}: ${text.length} bytes, ${kilobytes(text)} kB gzipped`;
}

try {
  const tarball = await pack();
  await check("npm installs the package, with nothing else", async () => {
    await must("npm", ["install", "--no-audit", "--no-fund", "--offline", `./${tarball}`]);
    same(
      readdirSync(inProject("node_modules")).filter((name) => !name.startsWith(".")),
      ["edge-key-value"],
    );
  });
  await check("npm installs the command", () =>
    must(inProject("node_modules/.bin/edge-key-value"), ["--help"]).then(() => {}),
  );
  const programs = ["app.ts", "server.ts"];
  await check("TypeScript compiles programs with nodenext", () => compile("nodenext", programs, [], ["es2022", "dom"]));
  await check("TypeScript compiles programs with bundler", () => compile("bundler", programs, [], ["es2022", "dom"]));
  const workers = [typesOf("@cloudflare/workers-types")];
  await check("TypeScript compiles a Worker", () => compile("bundler", ["worker.ts"], workers, ["es2022"]));

  for (const [runtime, ...command] of [
    ["node"],
    ["bun", "run"],
    ["deno", "run", "--allow-all", "--no-config", "--node-modules-dir=manual"],
  ]) {
    for (const program of ["app", "server"]) {
      await check(`${runtime} runs the ${program} unbundled`, () =>
        prints(EXPECTED[program], runtime, [...command, `${program}.js`]),
      );
    }
  }

  for (const name of Object.keys(bundlers)) {
    await check(`${name} builds the app, and it runs`, async () =>
      prints(EXPECTED.app, "node", [await bundle(name, inProject("app.js"))]),
    );
    if (name !== "vite, app") {
      await check(`${name} builds the server, and it runs`, async () =>
        prints(EXPECTED.server, name === "deno" ? "deno" : "node", [
          ...(name === "deno" ? ["run", "--allow-all"] : []),
          await bundle(name, inProject("server.js"), { server: true }),
        ]),
      );
    }
    await check(`${name} leaves no byte of what is not used`, () => unusedLeavesNothing(name));
  }
  await check("wrangler builds a Worker, it runs, and has nothing that it does not use", buildWorker);

  for (const entry of entries().filter(({ name }) => name.startsWith("wrappers/"))) {
    await check(`a bundle with ${basename(entry.name)} has nothing of other modules`, () => oneWrapperAlone(entry));
  }
} finally {
  if (process.env.KEEP_CONSUMERS) console.log(project);
  else rmSync(project, { recursive: true, force: true, maxRetries: 5 });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed || passed === 0 ? 1 : 0;
