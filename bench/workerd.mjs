// A workerd of its own, for benchmarks.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import workerdPath from "workerd";

/** Makes a folder in memory where there is such a disk, so that commits do not drown everything else. */
export function workerdFolder() {
  return mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "edge-key-value-bench-"));
}

/**
 * Starts workerd with the definitions of its Workers, of which `main` serves HTTP. The folder has the files that they embed.
 *
 * The clock of a Worker stands still while it computes, so measure requests from outside, with `elapsed`.
 */
export async function startWorkerd(folder, definitions, services = "") {
  writeFileSync(
    join(folder, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main), ${services}],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
${definitions}`,
  );
  const args = ["serve", join(folder, "config.capnp"), "--control-fd=3", "--experimental"];
  const workerd = spawn(workerdPath.default, args, { stdio: ["ignore", "inherit", "inherit", "pipe"] });
  const port = await new Promise((resolve, reject) => {
    workerd.on("exit", (code) => reject(new Error(`workerd ended with code ${code}`)));
    createInterface(workerd.stdio[3]).on("line", (line) => resolve(JSON.parse(line).port));
  });
  return {
    /** Sends a value as JSON, and returns that of the response. */
    async ask(value) {
      const response = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: JSON.stringify(value) });
      if (!response.ok) throw new Error(await response.text());
      return await response.json();
    },
    /** The time so far, in nanoseconds: that of the processor on Linux, which other programs affect little. */
    elapsed() {
      if (process.platform !== "linux") return performance.now() * 1e6;
      const threads = `/proc/${workerd.pid}/task`;
      const times = readdirSync(threads).map((thread) => readFileSync(join(threads, thread, "schedstat"), "utf8"));
      return times.reduce((sum, time) => sum + Number(time.split(" ")[0]), 0);
    },
    stop() {
      workerd.removeAllListeners("exit");
      workerd.kill("SIGKILL");
    },
  };
}
