import { memoryStore } from "../src/index.ts";
import { createApp } from "./app.ts";

const app = createApp({ sessions: memoryStore(), secret: crypto.randomUUID(), cache: memoryStore() });

const server = Bun.serve({ hostname: "127.0.0.1", port: Number(process.env.PORT ?? 8787), fetch: app.fetch });

console.log(`Listening on http://127.0.0.1:${server.port}`);
