// Puts the pages of the site into `.pages`: the Markdown that GitHub shows, with links that leave `docs` made absolute.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "../scripts/entries.mjs";
import { groups, linkOf as pathOf } from "./.vitepress/sidebar.mjs";

const REPOSITORY = "https://github.com/edge-key-value/edge-key-value/blob/main/";
const here = fileURLToPath(new URL(".", import.meta.url));
const docs = join(root, "docs");
const pages = join(here, ".pages");

rmSync(pages, { recursive: true, force: true });
mkdirSync(join(pages, "public"), { recursive: true });
cpSync(join(here, "icon.svg"), join(pages, "public/icon.svg"));
cpSync(join(docs, "images"), join(pages, "images"), { recursive: true });
for (const file of readdirSync(docs, { recursive: true }).filter((name) => name.endsWith(".md"))) {
  stage(join(docs, file), join(pages, file.replace(/README\.md$/, "index.md")));
}
stage(join(root, "SECURITY.md"), join(pages, "security.md"));
writeHome();
writeForModels();

/** Writes the first page: `index.md`, and below it what the README shows first. */
function writeHome() {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const shown = readme.slice(readme.indexOf("```ts"), readme.indexOf("\n## More tasks"));
  const home = readFileSync(join(here, "index.md"), "utf8");
  write(join(root, "README.md"), join(pages, "index.md"), `${home}\n${shown}`);
}

function stage(source, target) {
  write(source, target, readFileSync(source, "utf8"));
}

/** Writes a text of a source as a page: with links that work there, and blocks without the words for the tests. */
function write(source, target, text) {
  const linked = text.replace(
    /\]\(((?!https?:|#|mailto:)[^)\s]+)\)/g,
    (_, link) => `](${linkOf(source, target, link)})`,
  );
  // The words after a language are for the tests. A reader sees the name of the file as the title of the block.
  const titled = linked.replace(/^(```\w+) ([^\n]*)\n([\s\S]*?^```)$/gm, (_, fence, words, code) => {
    const [, file] = /\bfile=(\S+)/.exec(words) ?? [];
    return file ? `::: code-group\n${fence} [${file}]\n${code}\n:::` : `${fence}\n${code}`;
  });
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, titled);
}

/** Returns a link of a page of the site: to another page, or to the repository. */
function linkOf(source, target, link) {
  const [path, hash = ""] = link.split(/(?=#)/);
  const file = resolve(dirname(source), path);
  const inside = relative(docs, file);
  if (inside.startsWith("..")) return REPOSITORY + relative(root, file) + hash;
  const page = join(pages, inside.replace(/README\.md$/, "index.md"));
  return `./${relative(dirname(target), page)}${hash}`;
}

/** Writes `llms.txt`, a list of all pages for language models, and `llms-full.txt`, their texts (llmstxt.org). */
function writeForModels() {
  const about = "One asynchronous key-value API for Cloudflare Workers, Deno, Bun and Node.";
  const lists = Object.entries(groups).map(([group, items]) => {
    const lines = Object.entries(items).map(([label, file]) => `- [${label}](${pathOf(file)})`);
    return `## ${group}\n\n${lines.join("\n")}\n`;
  });
  writeFileSync(join(pages, "public/llms.txt"), [`# edge-key-value\n\n> ${about}\n`, ...lists].join("\n"));
  const files = Object.values(groups).flatMap((items) => Object.values(items));
  const texts = files
    .filter((file) => existsSync(join(docs, sourceOf(file))))
    .map((file) => readFileSync(join(docs, sourceOf(file)), "utf8"));
  const full = [readFileSync(join(root, "README.md"), "utf8"), ...texts];
  writeFileSync(join(pages, "public/llms-full.txt"), full.join("\n\n---\n\n"));
}

/** The file in `docs` behind a page. */
function sourceOf(file) {
  return file.replace(/(^|\/)index\.md$/, "$1README.md");
}
