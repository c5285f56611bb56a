import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { startGateway } from "./test/support/redis-gateway.mjs";

/** Redis for the tests that need it, unless whoever runs all runtimes has started one for them all. */
const { EKV_GATEWAY_URL, EKV_GATEWAY_TOKEN } = process.env;
const env = EKV_GATEWAY_URL && EKV_GATEWAY_TOKEN ? { EKV_GATEWAY_URL, EKV_GATEWAY_TOKEN } : (await startGateway()).env;

/** The simulator's module loader takes no raw U+2028, which an entry of the fixtures has. */
const lineSeparators = {
  name: "line-separators",
  enforce: "post" as const,
  transform: (code: string, id: string) => (id.endsWith(".json") ? code.replaceAll("\u2028", "\\u2028") : undefined),
};

const limits = { testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    projects: [
      { test: { name: "node", include: ["test/*.test.ts", "test/node/**/*.test.ts"], env, ...limits } },
      {
        plugins: [lineSeparators, cloudflareTest({ wrangler: { configPath: "./test/workerd/wrangler.toml" } })],
        test: { name: "workerd", include: ["test/*.test.ts", "test/workerd/**/*.test.ts"], env, ...limits },
      },
    ],
  },
});
