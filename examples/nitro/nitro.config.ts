import { defineConfig } from "nitro";

export default defineConfig({
  compatibilityDate: "2026-11-01",
  serverDir: "./",
  routeRules: {
    "/**": { headers: { "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'" } },
  },
});
