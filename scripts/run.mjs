// Runs other programs for the scripts, with the tools that `npm ci` installed first on PATH.
import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { root } from "./entries.mjs";

const env = {
  ...process.env,
  PATH: join(root, "node_modules", ".bin") + delimiter + process.env.PATH,
  NO_COLOR: "1",
  // Otherwise the simulator asks the network where this machine is.
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  WRANGLER_SEND_METRICS: "false",
};
// Node warns if both are set, and npm sets the second on some machines.
delete env.FORCE_COLOR;

/** Runs a program to its end, and returns `{ code, output, seconds }`. The output has stdout and stderr in order. */
export function run(command, args, options = {}) {
  const start = Date.now();
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      ...options,
      env: { ...env, ...options.env },
    });
    let output = "";
    const timer = setTimeout(
      () => {
        output += `\nended after ${options.seconds} seconds\n`;
        child.kill("SIGKILL");
      },
      (options.seconds ?? 1800) * 1000,
    );
    const end = (code) => {
      clearTimeout(timer);
      resolve({ code, output: stripVTControlCharacters(output), seconds: (Date.now() - start) / 1000 });
    };
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (text) => {
        output += text;
      });
    }
    child.on("error", (error) => {
      output += `${command}: ${error.message}\n`;
      end(127);
    });
    child.on("close", (code, signal) => end(code ?? `signal ${signal}`));
  });
}

/** Runs async functions, at most `width` at a time, in the order given. */
export async function inParallel(jobs, width = 2) {
  const queue = [...jobs];
  const worker = async () => {
    for (let job = queue.shift(); job; job = queue.shift()) await job();
  };
  await Promise.all(Array.from({ length: width }, worker));
}
