import { readFileSync } from "node:fs";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { startDynamo } from "./test/support/dynamo-server.mjs";
import { startGateway } from "./test/support/redis-gateway.mjs";

/** Redis and DynamoDB for the tests that need them, unless whoever runs all runtimes has started them for all. */
const { EKV_GATEWAY_URL, EKV_GATEWAY_TOKEN, EKV_DYNAMODB_URL, EKV_HISTORIES, EKV_FUZZ, EKV_MATRIX } = process.env;
const gateway =
  EKV_GATEWAY_URL && EKV_GATEWAY_TOKEN ? { EKV_GATEWAY_URL, EKV_GATEWAY_TOKEN } : (await startGateway()).env;
const dynamo = EKV_DYNAMODB_URL ? { EKV_DYNAMODB_URL } : (await startDynamo()).env;
// This file is loaded twice in one process.
Object.assign(process.env, gateway, dynamo);
const env = { ...gateway, ...dynamo, ...(EKV_HISTORIES && { EKV_HISTORIES }), ...(EKV_MATRIX && { EKV_MATRIX }) };

/** The simulator's module loader takes no raw U+2028, which an entry of the fixtures has. */
const fixtures = {
  name: "fixtures",
  enforce: "pre" as const,
  resolveId: (id: string) => (id.endsWith("/python-wire.json") ? "\0python-wire" : undefined),
  load(id: string) {
    if (id !== "\0python-wire") return undefined;
    const bytes = readFileSync(new URL("./test/fixtures/python-wire.json", import.meta.url)).toString("base64");
    return `export default JSON.parse(new TextDecoder().decode(Uint8Array.from(atob("${bytes}"), (c) => c.charCodeAt(0))))`;
  },
};

/** Tests of one runtime alone. */
const only = { node: ["test/node/**/*.test.ts", "test/servers/**/*.test.ts"], workerd: ["test/workerd/**/*.test.ts"] };
const special = [...only.node, ...only.workerd];

/** `npm run histories` and `npm run fuzz` take their time. */
const minutes = EKV_HISTORIES || EKV_FUZZ ? 300 : 1;
const limits = { testTimeout: minutes * 60_000, hookTimeout: 60_000 };

const workerd = { plugins: [fixtures, cloudflareTest({ wrangler: { configPath: "./test/workerd/wrangler.toml" } })] };
const inWorkerd = { setupFiles: ["./test/workerd/late-rejections.ts"], env, ...limits };

export default defineConfig({
  test: {
    projects: [
      // Loading the library again for each file would take twice as long. Where files share an isolate on Workers, they can here.
      { test: { name: "node", include: ["test/**/*.test.ts"], exclude: special, isolate: false, env, ...limits } },
      // Many of these files wait for processes and servers, so on two cores two of them at once keep both busy. As above, a
      // process for each file would take longer.
      { test: { name: "node-only", include: only.node, maxWorkers: "75%", isolate: false, env, ...limits } },
      {
        ...workerd,
        test: {
          name: "workerd",
          include: ["test/**/*.test.ts"],
          exclude: special,
          // Starting workerd for each file takes longer than most files do. These use no binding, so they share no data.
          isolate: false,
          ...inWorkerd,
        },
      },
      { ...workerd, test: { name: "bindings", include: only.workerd, isolate: false, ...inWorkerd } },
    ],
  },
});
