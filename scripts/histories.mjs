// `npm run histories`: the long run of what a usual run does little of. It checks linearizability with a thousand seeds for each
// backend, and compares a store as a KV namespace with the simulator's own in 10,000 calls. It takes longer than an hour.
//
//   npm run histories                        all backends
//   npm run histories -- 5000 redis          so many seeds, of the test files whose path contains "redis"
import { spawn } from "node:child_process";

const [seeds = "1000", ...given] = process.argv.slice(2);
// Some histories are in a file with other tests.
const others = ["workerd/d1", "workerd/kv-namespace", "node/postgres.test", "contention", "node/browser-stores"];
const filters = given.length > 0 ? given : ["linearizability", ...others];
const files = [
  "vitest",
  "run",
  "--reporter=verbose",
  "-t",
  "linearizable|random calls|callers of one key|updates of one key|failover",
  ...filters,
];
const env = { ...process.env, EKV_HISTORIES: seeds };
spawn("npx", files, { env, stdio: "inherit" }).on("exit", (code) => process.exit(code ?? 1));
