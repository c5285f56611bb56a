import { sqliteStore } from "edge-key-value/adapters/sqlite";

export const store = sqliteStore(process.env.DATABASE ?? "data.db");

// Reads never return what has expired. This also frees the space.
setInterval(() => store.cull().catch(console.error), 60 * 60 * 1000).unref();
