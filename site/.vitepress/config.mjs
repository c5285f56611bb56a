import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";

const pages = fileURLToPath(new URL("../.pages", import.meta.url));

/** The title of a page: its first heading. */
const titleOf = (file) =>
  /^# (.+)$/m.exec(readFileSync(join(pages, file), "utf8"))?.[1].replaceAll(/[`\\]/g, "") ?? file;
const page = (file) => ({ text: titleOf(file), link: `/${file.replace(/(^|\/)index\.md$|\.md$/, "$1")}` });

/** All pages of a folder, with those named first in front. */
function folder(name, first = []) {
  const files = readdirSync(join(pages, name)).filter((file) => file.endsWith(".md") && file !== "index.md");
  const rank = (file) => (first.indexOf(file) + 1 || first.length + 1) + titleOf(`${name}/${file}`);
  return files.sort((a, b) => (rank(a) < rank(b) ? -1 : 1)).map((file) => page(`${name}/${file}`));
}

/** The pages at the top, in the order in which a reader needs them. A page that is not named here comes last. */
function guides() {
  const first = ["sessions", "caching", "atomics", "rate-limits", "idempotency", "versions", "migration", "inspector"];
  const elsewhere = ["index", "stores", "wrappers", "errors", "security", "examples", "runtimes", "benchmarks"];
  const files = readdirSync(pages).filter((file) => file.endsWith(".md") && !elsewhere.includes(file.slice(0, -3)));
  const rank = (file) => (first.indexOf(file.slice(0, -3)) + 1 || first.length + 1) + file;
  return files.sort((a, b) => (rank(a) < rank(b) ? -1 : 1)).map(page);
}

/** The modules of the reference, as an application imports them. */
function modules() {
  const files = readdirSync(join(pages, "reference"), { recursive: true }).map((file) => file.replaceAll("\\", "/"));
  const items = files
    .filter((file) => file.endsWith(".md") && !["index.md", "modules.md"].includes(file))
    .map((file) => ({ text: file.replace(/(\/index)?\.md$/, ""), link: `/reference/${file.slice(0, -3)}` }))
    .sort((a, b) => (a.text < b.text ? -1 : 1));
  return [{ text: "(the package itself)", link: "/reference/" }, ...items];
}

export default defineConfig({
  srcDir: ".pages",
  title: "edge-key-value",
  description: "One asynchronous key-value API for Cloudflare Workers, Deno, Bun and Node.",
  lang: "en",
  cleanUrls: true,
  ignoreDeadLinks: [/^http:\/\/localhost/],
  lastUpdated: false,
  markdown: { lineNumbers: false },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      { text: "Start", link: "/start/" },
      { text: "Guides", link: "/guides/" },
      { text: "Stores", link: "/stores" },
      { text: "Caching", link: "/caching" },
      { text: "Reference", link: "/reference/modules" },
    ],
    sidebar: {
      "/reference/": [{ text: "Reference", link: "/reference/modules", items: modules() }],
      "/": [
        {
          text: "Start",
          items: [
            page("start/index.md"),
            ...folder("start", ["workers.md", "workers-kv.md", "node.md"]),
            page("examples.md"),
            page("runtimes.md"),
          ],
        },
        { text: "Guides", items: [page("guides/index.md"), ...guides(), ...folder("guides")] },
        { text: "Stores", collapsed: true, items: [page("stores.md"), ...folder("stores")] },
        { text: "Wrappers", items: [page("wrappers.md")] },
        { text: "Bridges", collapsed: true, items: folder("bridges") },
        {
          text: "More",
          items: [
            page("errors.md"),
            page("security.md"),
            page("benchmarks.md"),
            { text: "Reference", link: "/reference/modules" },
          ],
        },
        { text: "Decisions", collapsed: true, items: [page("decisions/index.md"), ...folder("decisions")] },
      ],
    },
    socialLinks: [{ icon: "github", link: "https://github.com/edge-key-value/edge-key-value" }],
    footer: { message: "Released under the MIT license." },
  },
});
