/**
 * Serves the example in local workerd and prints its address: `npm start`, or `npm start -- --port 3000`.
 *
 * Arguments go to `wrangler dev`. What wrangler and the simulator would ask the network for is switched off here.
 */
import { fork } from "node:child_process";

const root = new URL("..", import.meta.url);
const quiet = ["--local", "--log-level", "warn", "--show-interactive-dev-session", "false"];

const child = fork(
  new URL("node_modules/wrangler/bin/wrangler.js", root),
  ["dev", ...quiet, ...process.argv.slice(2)],
  {
    cwd: root,
    // Node's own options, such as a loader, are not for wrangler.
    execArgv: [],
    env: {
      // No request for the location of this machine, for the version of the day, or to count who uses the command.
      CLOUDFLARE_CF_FETCH_ENABLED: "false",
      WRANGLER_HIDE_BANNER: "true",
      WRANGLER_SEND_METRICS: "false",
      WRANGLER_SEND_ERROR_REPORTS: "false",
      WRANGLER_NO_SKILLS_UPDATE_PROMPTS: "true",
      WRANGLER_WRITE_LOGS: "false",
      ...process.env,
    },
  },
);

child.on("message", (message) => {
  const { event, ip, port } = JSON.parse(String(message));
  if (event === "DEV_SERVER_READY") console.log(`Listening on http://${ip}:${port} (Ctrl+C ends it)`);
});
child.on("exit", (code) => process.exit(code ?? 0));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill("SIGTERM"));
