// Runs the examples as a user would: each one is copied to an empty folder, installed with the packed library, built, started
// and checked with real requests by test/examples.
//
//   npm run examples                        all
//   npm run examples -- hono express        some
//   npm run examples -- hono --serve        one, and leaves it running
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs, stripVTControlCharacters } from "node:util";
import { startUpstream } from "../test/examples/upstream.ts";
import { root } from "./entries.mjs";
import { run } from "./run.mjs";

const { values, positionals } = parseArgs({ allowPositionals: true, options: { serve: { type: "boolean" } } });
const known = readdirSync(join(root, "examples"), { withFileTypes: true })
  .filter((item) => item.isDirectory())
  .map(({ name }) => name);
const names = positionals.length ? positionals : known;
for (const name of names) {
  if (!known.includes(name)) throw new Error(`There is no example "${name}": choose among ${known.join(", ")}`);
}

/** Stops what runs. Examples are in process groups of their own, which Ctrl+C does not reach. */
const running = new Set();
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, async () => {
    await Promise.all([...running].map((stop) => stop()));
    rmSync(temp, { recursive: true, force: true, maxRetries: 5 });
    process.exit(1);
  });
}

const temp = mkdtempSync(join(tmpdir(), "edge-key-value-examples-"));

/** The runtimes that `npm ci` installed, and nothing else of our dependencies: an example must name its own. */
function pathOfRuntimes() {
  const bin = join(temp, "bin");
  mkdirSync(bin);
  for (const [name, file] of [
    ["node", "node/bin/node"],
    ["bun", "bun/bin/bun.exe"],
    ["deno", "deno/deno"],
  ]) {
    symlinkSync(join(root, "node_modules", file), join(bin, name));
  }
  const others = process.env.PATH.split(delimiter).filter((folder) => !folder.includes("node_modules"));
  return [bin, ...others].join(delimiter);
}

const PATH = pathOfRuntimes();
const env = { ASTRO_TELEMETRY_DISABLED: "1", NEXT_TELEMETRY_DISABLED: "1", CI: "1", PATH };

async function must(command, args, options = {}) {
  const { code, output } = await run(command, args, { seconds: 600, ...options });
  if (code !== 0) throw new Error(`${[command, ...args].join(" ")} ended with ${code}\n${output}`);
}

async function pack() {
  await must("unbuild", []);
  await must("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", temp]);
  return join(
    temp,
    readdirSync(temp).find((file) => file.endsWith(".tgz")),
  );
}

/** Copies an example into a folder of its own and installs it there with the packed library. */
async function install(name, tarball) {
  const folder = join(temp, name);
  const source = join(root, "examples", name);
  const local = /[\\/](node_modules|dist|\.\w+)$|\.db(-\w+)?$/;
  cpSync(source, folder, { recursive: true, filter: (file) => !local.test(file.slice(dirname(source).length)) });
  const file = join(folder, "package.json");
  const manifest = JSON.parse(readFileSync(file, "utf8"));
  manifest.dependencies["edge-key-value"] = `file:${tarball}`;
  writeFileSync(file, JSON.stringify(manifest));
  await must("npm", ["install", "--no-audit", "--no-fund", "--no-package-lock"], { cwd: folder, env });
  // Where there is a step before the start, it is the build.
  if (manifest.scripts.build && !manifest.scripts.prestart) await must("npm", ["run", "build"], { cwd: folder, env });
  return folder;
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
}

/** Starts an example in a process group of its own, and returns how to reach it and how to stop it. */
async function start(folder, upstream, stdio) {
  const port = await freePort();
  const { scripts } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  // The servers of Wrangler take their port as an argument; the others read PORT.
  const args = /^(wrangler|opennextjs-cloudflare)\b/.test(scripts.start.split("&& ").at(-1))
    ? ["--", "--port", String(port), "--ip", "127.0.0.1"]
    : [];
  const child = spawn("npm", ["start", ...args], {
    cwd: folder,
    detached: true,
    stdio,
    env: {
      ...{ ...process.env, ...env, NO_COLOR: "1", PORT: String(port), HOST: "127.0.0.1", RATES_API: upstream },
      DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}`,
      ...{ CLOUDFLARE_CF_FETCH_ENABLED: "false", WRANGLER_SEND_METRICS: "false" },
    },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (output += chunk));
  const ended = once(child, "close");
  const stop = async () => {
    running.delete(stop);
    for (const signal of ["SIGTERM", "SIGKILL"]) {
      try {
        process.kill(-child.pid, signal);
      } catch {
        // The whole group has ended.
        return;
      }
      await Promise.race([ended, pause(5000)]);
    }
  };
  running.add(stop);
  const origin = `http://127.0.0.1:${port}`;
  return { origin, child, ended, stop, output: () => stripVTControlCharacters(output) };
}

/** Waits until a started example serves requests. */
async function listening({ origin, child }) {
  for (let second = 0; second < 120; second++) {
    if (child.exitCode !== null) throw new Error(`\`npm start\` ended with ${child.exitCode}`);
    const served = await fetch(origin, { redirect: "manual" }).then(
      () => true,
      () => false,
    );
    if (served) return;
    await pause(1000);
  }
  throw new Error("it does not listen");
}

async function checkExample(name, tarball) {
  const { check } = await import(`../test/examples/${name}.ts`);
  const folder = await install(name, tarball);
  const upstream = await startUpstream();
  const app = await start(folder, upstream.url, ["ignore", "pipe", "pipe"]);
  try {
    await listening(app);
    const send = (path, init) => fetch(app.origin + path, { ...init, signal: AbortSignal.timeout(60_000) });
    await check(send, app.output);
  } catch (error) {
    throw new Error(`${error.stack}\n--- what the example wrote:\n${app.output()}`);
  } finally {
    await app.stop();
    upstream.close();
  }
}

async function serve(name, tarball) {
  const folder = await install(name, tarball);
  const app = await start(folder, process.env.RATES_API, "inherit");
  console.log(`Serves ${app.origin} from ${folder} (Ctrl+C ends it and removes the folder)`);
  await app.ended;
}

let passed = 0;
let failed = 0;
try {
  const tarball = await pack();
  if (values.serve) await serve(names[0], tarball);
  for (const name of values.serve ? [] : names) {
    const begun = Date.now();
    const failure = await checkExample(name, tarball).then(
      () => undefined,
      (error) => error,
    );
    if (failure) failed++;
    else passed++;
    console.log(`${failure ? "FAILED" : "ok    "} ${name} (${((Date.now() - begun) / 1000).toFixed(0)} s)`);
    if (failure) console.log(failure.message.replace(/^/gm, "       "));
    rmSync(join(temp, name), { recursive: true, force: true, maxRetries: 5 });
  }
} finally {
  rmSync(temp, { recursive: true, force: true, maxRetries: 5 });
}
if (!values.serve) console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
