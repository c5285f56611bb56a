// A program for Node, Bun and Deno: it also uses the SQLite of the runtime.
import { sqliteStore } from "edge-key-value/adapters/sqlite";

sqliteStore(":memory:")
  .increment("visits", 42)
  .then((visits) => console.log(`RESULTS ${JSON.stringify([visits])}`));
