import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "../../scripts/entries.mjs";
import { moduleOfCalls } from "./calls.ts";

export { root };
/** Holds the blocks of code as modules while they are checked and run. */
export const folder = join(root, `test/docs/.blocks/${process.pid}`);

/**
 * A fenced block of a Markdown file, or of a doc comment in a source file.
 *
 * The words after the language say what to do with it: `run` executes it on Node, `run=bun` and so on elsewhere;
 * `file=name.ts` names its module, and the blocks of one document with the same name are one module. `upstream={"json":1}`
 * is what `fetch` returns to the module when it runs.
 */
export interface Block {
  readonly document: string;
  /** The line of the document with the block's first line of code, from 1. */
  readonly line: number;
  readonly language: string;
  readonly runtimes: readonly string[];
  readonly file: string | undefined;
  readonly upstream: string | undefined;
  readonly code: string;
}

/** A module made of one or more blocks; its lines have the numbers that they have in the document. */
export interface Module {
  readonly document: string;
  readonly line: number;
  readonly path: string;
  readonly runtimes: readonly string[];
  readonly upstream?: string | undefined;
}

/** The documents that a reader may take code from. */
export function documents(): string[] {
  const docs = [...filesIn("docs", ".md"), ...filesIn("skills", ".md")];
  return ["README.md", "CONTRIBUTING.md", "AGENTS.md"].filter((file) => existsSync(join(root, file))).concat(docs);
}

/** The source files with code in a doc comment. */
export function sourcesWithExamples(): string[] {
  return filesIn("src", ".ts").filter((file) => blocksOf(file).length > 0);
}

function filesIn(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(ending))
    .map((file) => `${folder}/${file.replaceAll("\\", "/")}`)
    .sort();
}

/** The text of a document; of a source file only what its doc comments say, on the same lines. */
function textOf(document: string): string {
  const text = readFileSync(join(root, document), "utf8");
  if (document.endsWith(".md")) return text;
  let inside = false;
  return text
    .split("\n")
    .map((line) => {
      const start = /^\s*\/\*\*/.test(line);
      const end = /\*\/\s*$/.test(line);
      const said = inside && !end ? line.replace(/^\s*\* ?/, "") : "";
      inside = (inside || start) && !end;
      return said;
    })
    .join("\n");
}

export function blocksOf(document: string): Block[] {
  const blocks: Block[] = [];
  const lines = textOf(document).split("\n");
  for (let index = 0; index < lines.length; index++) {
    const fence = /^(\s*)(`{3,})(\S*)(.*)$/.exec(lines[index]!);
    if (!fence) continue;
    const [, indent = "", ticks = "", language = "", words = ""] = fence;
    const start = index + 1;
    do index++;
    while (index < lines.length && lines[index]!.trim() !== ticks);
    if (index === lines.length) throw new Error(`${document}:${start}: this block of code has no end`);
    const runtimes = /(?:^|\s)run(?:=(\S+))?(?=\s|$)/.exec(words);
    blocks.push({
      document,
      line: start + 1,
      language,
      runtimes: runtimes ? (runtimes[1] ?? "node").split(",") : [],
      file: /(?:^|\s)file=(\S+)/.exec(words)?.[1],
      upstream: /(?:^|\s)upstream=(\S+)/.exec(words)?.[1],
      code: lines
        .slice(start, index)
        .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
        .join("\n"),
    });
  }
  return blocks;
}

/** The folder of a document's modules. */
function placeOf(document: string): string {
  return join(folder, document.replaceAll("/", "-").replace(/\.(md|ts)$/, ""));
}

const extensions: Record<string, string> = {
  ts: ".ts",
  typescript: ".ts",
  js: ".mjs",
  javascript: ".mjs",
  tsx: ".tsx",
};

/**
 * Writes the code of all documents and of the doc comments in `src` as modules into {@link folder}. A document's calls in tables
 * are one more module, with line 0.
 */
export function writeModules(): Module[] {
  rmSync(folder, { recursive: true, force: true });
  const modules = new Map<string, Module & { text: string }>();
  for (const document of [...documents(), ...sourcesWithExamples()]) {
    for (const block of blocksOf(document)) {
      const extension = extensions[block.language];
      if (!extension) continue;
      const path = join(placeOf(document), block.file ?? `line-${block.line}${extension}`);
      const before = modules.get(path);
      const padding = "\n".repeat(block.line - 1 - (before ? before.text.split("\n").length - 1 : 0));
      modules.set(path, {
        document,
        line: before?.line ?? block.line,
        path,
        runtimes: [...new Set([...(before?.runtimes ?? []), ...block.runtimes])],
        upstream: before?.upstream ?? block.upstream,
        text: `${before?.text ?? ""}${padding}${block.code}\n`,
      });
    }
  }
  for (const document of documents()) {
    const place = placeOf(document);
    const text = moduleOfCalls(document, place);
    const path = join(place, "calls.ts");
    if (text) modules.set(path, { document, line: 0, path, runtimes: [], text });
  }
  for (const { path, text } of modules.values()) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return [...modules.values()];
}

/** Whether a module shows what its lines return: `expression; // => value`. */
export function showsValues({ path }: Module): boolean {
  return /; \/\/ => /.test(readFileSync(path, "utf8"));
}
