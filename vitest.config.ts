import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      { test: { name: "node", environment: "node", include: ["test/*.test.ts", "test/node/**/*.test.ts"] } },
      {
        plugins: [
          cloudflareTest({
            main: "./test/workerd/worker.ts",
            miniflare: { compatibilityDate: "2026-11-01", kvNamespaces: ["KV"] },
          }),
        ],
        test: { name: "workerd", include: ["test/*.test.ts", "test/workerd/**/*.test.ts"] },
      },
    ],
  },
});
