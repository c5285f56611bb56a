// Stores on Cloudflare's bindings, in its simulator: the load runs in a Worker, a slice with each request.
import { fileURLToPath } from "node:url";

/** Milliseconds of load in one request. */
const SLICE = 500;

/** Starts the simulator, and returns a load that runs in it. */
export async function openInWorker(store) {
  const { build } = await import("esbuild");
  const { convertV4MiniflareOptions, Miniflare } = await import("miniflare");
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("worker.mjs", import.meta.url))],
    ...{ bundle: true, write: false, format: "esm", target: "es2022", external: ["cloudflare:workers"] },
  });
  const simulator = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: outputFiles[0].text,
      compatibilityDate: "2025-11-01",
      kvNamespaces: ["KV"],
      d1Databases: ["DB"],
      r2Buckets: ["BUCKET"],
      durableObjects: { OBJECTS: { className: "KeyValueObject", useSQLite: true } },
      cf: false,
    }),
  );
  await simulator.ready;
  const report = { operations: 0, wrong: 0, problems: [] };

  async function ask(slice) {
    const response = await simulator.dispatchFetch(`http://load/?store=${store}&slice=${slice}`);
    if (!response.ok) throw new Error(await response.text());
    Object.assign(report, await response.json());
  }

  const load = {
    report,
    async run(isOver) {
      while (!isOver()) await ask(SLICE);
    },
    finish: () => ask(0),
  };
  return { load, close: () => simulator.dispose() };
}
