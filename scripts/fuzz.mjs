// `npm run fuzz`: gives every decoder a million damaged inputs, with another seed each time. It takes hours.
//
//   npm run fuzz -- 100000          so many
//   npm run fuzz -- 100000 Redis    only to the decoders whose name contains "Redis"
import { spawn } from "node:child_process";

const [runs = "1000000", name] = process.argv.slice(2);
const env = { ...process.env, EKV_FUZZ: runs };
const args = ["vitest", "run", "--project", "node-only", "--reporter=verbose", "test/node/decoders.test.ts"];
if (name) args.push("-t", name);
spawn("npx", args, { env, stdio: "inherit" }).on("exit", (code) => process.exit(code ?? 1));
