import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { unstable_readConfig } from "wrangler";
import { afterAll, describe, expect, it } from "#test";
import {
  type Block,
  blocksOf,
  documents,
  folder,
  root,
  showsValues,
  sourcesWithExamples,
  writeModules,
} from "../docs/blocks.ts";
import { execute, executeTogether } from "../docs/execute.ts";
import { shellProblems } from "../docs/shell.ts";

const modules = writeModules();
// Wrangler may still write a file beside a configuration that it has read.
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }));

/** The errors of all modules, by file. It is one program, as most of its time goes into the types of the platforms. */
function typeErrors(): Map<string, string[]> {
  const config = join(folder, "tsconfig.types.json");
  const compilerOptions = {
    lib: ["ES2023", "ESNext.Disposable", "ESNext.Array", "DOM", "DOM.Iterable", "DOM.AsyncIterable"],
    types: ["@cloudflare/workers-types", "node", "bun"],
    moduleDetection: "force",
    jsx: "preserve",
    allowJs: true,
    checkJs: true,
    paths: {
      "edge-key-value": [join(root, "src/index.ts")],
      "edge-key-value/*": [join(root, "src/*.ts"), join(root, "src/*/index.ts")],
    },
  };
  const files = [...modules.map(({ path }) => path), join(root, "test/docs/globals.d.ts")];
  const settings = { extends: join(root, "tsconfig.json"), compilerOptions, files, include: [], exclude: [] };
  writeFileSync(config, JSON.stringify(settings));
  // This compiler is a program of its own, and many times as fast as the ones that are modules.
  const tsc = join(root, "node_modules/typescript-7/bin/tsc");
  const { stdout, stderr, status } = spawnSync("node", [tsc, "-p", config, "--pretty", "false"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  const found = new Map<string, string[]>();
  for (const message of stdout.split(/\n(?=\S)/)) {
    const [, file, line, text] = /^(.+?)\((\d+),\d+\): (error [\s\S]+)$/.exec(message.trim()) ?? [];
    if (file && text)
      found.set(resolve(root, file), [...(found.get(resolve(root, file)) ?? []), `line ${line}: ${text}`]);
    else if (message.trim()) found.set("", [...(found.get("") ?? []), message.trim()]);
  }
  if (status !== 0 && found.size === 0) throw new Error(`tsc ended with ${status}\n${stderr}`);
  return found;
}

/** What Wrangler reads from a block. */
function settingsOf({ language, code }: Block): unknown {
  const file = join(folder, `wrangler.${language}`);
  writeFileSync(file, code);
  const {
    configPath: _1,
    userConfigPath: _2,
    ...settings
  } = unstable_readConfig({ config: file }, { hideWarnings: true });
  return settings;
}

/** A Markdown file without its blocks of code. */
const proseOf = (file: string): string => readFileSync(file, "utf8").replaceAll(/^```[\s\S]*?^```/gm, "");

/** The anchors that GitHub makes of a file's headings. */
function anchorsOf(file: string): Set<string> {
  const headings = [...proseOf(file).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => heading!.toLowerCase());
  return new Set(headings.map((heading) => heading.replaceAll(/[^\w\- ]/g, "").replaceAll(" ", "-")));
}

const errors = modules.length > 0 ? typeErrors() : new Map<string, string[]>();

for (const document of documents()) {
  describe(document, () => {
    const blocks = blocksOf(document);

    for (const module of modules.filter((candidate) => candidate.document === document)) {
      const place = module.line > 0 ? `the code at line ${module.line}` : "each call in its tables";
      it(`${place} has the right types`, () => {
        expect(errors.get(module.path) ?? []).toEqual([]);
      });
      for (const runtime of module.runtimes) it(`${place} runs on ${runtime}`, () => execute(module, runtime));
    }

    for (const { line, language, code } of blocks) {
      if (!["sh", "bash", "shell", "console"].includes(language)) continue;
      it(`the commands at line ${line} name scripts, tools and files that exist`, () => {
        expect(shellProblems(code)).toEqual([]);
      });
    }

    const configs = (language: string) => blocks.filter((block) => block.language === language);
    if (configs("jsonc").length > 0 && configs("toml").length > 0) {
      it("shows the same configuration as JSON and as TOML", () => {
        expect(configs("toml").map(settingsOf)).toEqual(configs("jsonc").map(settingsOf));
      });
    }

    it("links to files and headings that exist", () => {
      const links = [...proseOf(join(root, document)).matchAll(/\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]+))?\)/g)];
      const missing = links.filter(([, path, heading]) => {
        const file = path ? join(root, dirname(document), path) : join(root, document);
        return !existsSync(file) || (heading !== undefined && file.endsWith(".md") && !anchorsOf(file).has(heading));
      });
      expect(missing.map(([link]) => link)).toEqual([]);
    });
  });
}

describe("the examples in doc comments", () => {
  const examples = modules.filter(({ document }) => document.startsWith("src/"));
  const failures = executeTogether(examples.filter(showsValues));

  for (const source of sourcesWithExamples()) {
    const own = examples.filter(({ document }) => document === source);
    it(`of ${source} have the right types`, () => {
      expect(own.flatMap(({ path }) => errors.get(path) ?? [])).toEqual([]);
    });
    if (!own.some(showsValues)) continue;
    it(`of ${source} show the right values`, async () => {
      const found = await failures;
      expect(own.flatMap(({ path }) => found.get(path) ?? [])).toEqual([]);
    });
  }
});

describe("the test of the documents", () => {
  it("reports type errors of the modules alone", () => {
    const others = [...errors].filter(([path]) => relative(folder, path).startsWith(".."));
    expect(others).toEqual([]);
  });
});
