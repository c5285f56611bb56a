// The bundlers, each used as its manual says, with nothing set up for this package.
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import * as esbuild from "esbuild";
import { rollup } from "rollup";
import * as vite from "vite";
import webpack from "webpack";
import { run } from "../run.mjs";

/**
 * Each builds the module `entry` as a minified ES module, the file `target`. `server` says that it runs on Node or Deno,
 * otherwise in a browser.
 *
 * @type {Record<string, (entry: string, target: string, server: boolean) => Promise<void>>}
 */
export const bundlers = {
  async esbuild(entry, target, server) {
    await esbuild.build({
      entryPoints: [entry],
      outfile: target,
      bundle: true,
      minify: true,
      format: "esm",
      target: "es2022",
      platform: server ? "node" : "browser",
      logLevel: "error",
    });
  },

  async rollup(entry, target) {
    const bundle = await rollup({
      input: entry,
      plugins: [nodeResolve()],
      // Rollup leaves a module that it cannot find to the runtime.
      onLog: (level, log) => level === "warn" && log.code !== "UNRESOLVED_IMPORT" && fail(log.message),
    });
    const { output } = await bundle.generate({ format: "es", inlineDynamicImports: true });
    const { code } = await esbuild.transform(output[0].code, { minify: true, target: "es2022" });
    writeFileSync(target, code);
  },

  async webpack(entry, target, server) {
    const compiler = webpack({
      context: dirname(entry),
      entry,
      mode: "production",
      target: server ? "node20" : ["web", "es2022"],
      experiments: { outputModule: true },
      output: { path: dirname(target), filename: basename(target), module: true, library: { type: "module" } },
    });
    const stats = await new Promise((resolve, reject) => {
      compiler.run((error, result) => (error ? reject(error) : resolve(result)));
    });
    await new Promise((resolve) => compiler.close(resolve));
    if (stats.hasErrors()) fail(stats.toString({ all: false, errors: true }));
  },

  async "vite, library"(entry, target, server) {
    const build = { lib: { entry, formats: ["es"] }, ssr: server };
    await viteBuild(entry, target, build, server && { ssr: { noExternal: true } });
  },

  async "vite, app"(entry, target) {
    const page = join(dirname(entry), `${basename(entry, ".js")}.html`);
    writeFileSync(
      page,
      `<!doctype html><title>app</title><script type="module" src="./${basename(entry)}"></script>\n`,
    );
    // The polyfill needs a document, and the result runs in Node.
    await viteBuild(entry, target, { rolldownOptions: { input: page }, modulePreload: { polyfill: false } });
  },

  async bun(entry, target, server) {
    const { code, output } = await run("bun", [
      ...["build", entry, "--outfile", target, "--minify", "--format=esm"],
      `--target=${server ? "node" : "browser"}`,
    ]);
    if (code !== 0) fail(output);
  },

  async deno(entry, target, server) {
    const { code, output } = await run(
      "deno",
      [
        ...["bundle", "--quiet", "--minify", "--node-modules-dir=manual", "--output", target],
        // This command is experimental, and does not know the modules of Bun.
        "--external=bun:sqlite",
        `--platform=${server ? "deno" : "browser"}`,
        entry,
      ],
      { cwd: dirname(entry) },
    );
    if (code !== 0) fail(output);
  },
};

async function viteBuild(entry, target, { rolldownOptions, ...build }, config) {
  await vite.build({
    ...{ root: dirname(entry), configFile: false, logLevel: "error" },
    build: {
      ...{ outDir: dirname(target), emptyOutDir: false, minify: true, target: "es2022" },
      rolldownOptions: { ...rolldownOptions, output: { entryFileNames: basename(target) } },
      ...build,
    },
    ...config,
  });
}

function fail(message) {
  throw new Error(message);
}

/** Builds a module with a bundler into a folder of its own, and returns the path of the result. */
export async function bundle(name, entry, { server = false } = {}) {
  const folder = join(dirname(entry), "bundles", `${name.replaceAll(/\W+/g, "-")}-${basename(entry, ".js")}`);
  mkdirSync(folder, { recursive: true });
  const target = join(folder, "out.mjs");
  await bundlers[name](entry, target, server);
  return target;
}
