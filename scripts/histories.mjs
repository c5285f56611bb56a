// `npm run histories`: the long run of the check of linearizability, with a thousand seeds for each backend. It takes longer
// than an hour.
//
//   npm run histories                        all backends
//   npm run histories -- 5000 redis          so many seeds, of the test files whose path contains "redis"
import { spawn } from "node:child_process";

const [seeds = "1000", ...given] = process.argv.slice(2);
// The histories of D1 are in the file of its other tests.
const filters = given.length > 0 ? given : ["linearizability", "workerd/d1"];
const files = ["vitest", "run", "--reporter=verbose", "-t", "linearizable", ...filters];
const env = { ...process.env, EKV_HISTORIES: seeds };
spawn("npx", files, { env, stdio: "inherit" }).on("exit", (code) => process.exit(code ?? 1));
