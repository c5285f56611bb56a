import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const limits = { testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    projects: [
      { test: { name: "node", include: ["test/*.test.ts", "test/node/**/*.test.ts"], ...limits } },
      {
        plugins: [cloudflareTest({ wrangler: { configPath: "./test/workerd/wrangler.toml" } })],
        test: { name: "workerd", include: ["test/*.test.ts", "test/workerd/**/*.test.ts"], ...limits },
      },
    ],
  },
});
