import { memoryStore } from "../src/index.ts";
import { createApp } from "./app.ts";

const app = createApp({ sessions: memoryStore(), secret: crypto.randomUUID(), cache: memoryStore() });

Deno.serve(
  {
    hostname: "127.0.0.1",
    port: Number(Deno.env.get("PORT") ?? 8787),
    onListen: ({ port }) => console.log(`Listening on http://127.0.0.1:${port}`),
  },
  app.fetch,
);
