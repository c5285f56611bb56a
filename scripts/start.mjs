/**
 * Serves the example in local workerd and prints its address: `npm start`, or `npm start -- --port 3000`.
 *
 * Arguments go to `wrangler dev`. Wrangler's and the simulator's own network requests are switched off.
 */
import { fork } from "node:child_process";

const root = new URL("..", import.meta.url);
const quiet = ["--local", "--log-level", "warn", "--show-interactive-dev-session", "false"];
const secrets = ["--env-file", ".dev.vars.example"];

const child = fork(
  new URL("node_modules/wrangler/bin/wrangler.js", root),
  ["dev", ...quiet, ...secrets, ...process.argv.slice(2)],
  {
    cwd: root,
    // Do not pass Node's own options, such as a loader, to wrangler.
    execArgv: [],
    env: {
      // Do not ask for the location of this machine or for a newer version, and send no usage data.
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
