import node from "@astrojs/node";
import { defineConfig } from "astro/config";

export default defineConfig({
  output: "server",
  adapter: node({ mode: "standalone" }),
  session: { driver: { entrypoint: new URL("./src/session-driver.ts", import.meta.url) } },
});
