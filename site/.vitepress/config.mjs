import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";
import { sidebar } from "./sidebar.mjs";

const pages = fileURLToPath(new URL("../.pages", import.meta.url));

const files = readdirSync(pages, { recursive: true, encoding: "utf8" })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => file.endsWith(".md"));

/** The title of a page: its first heading. */
const titleOf = (file) =>
  /^# (.+)$/m.exec(readFileSync(join(pages, file), "utf8"))?.[1].replaceAll(/[`\\]/g, "") ?? file;

/** The decisions, in the order of their index. */
function decisions() {
  const index = readFileSync(join(pages, "decisions/index.md"), "utf8");
  const named = [...index.matchAll(/\]\(\.\/([\w-]+\.md)\)/g)].map(([, file]) => `decisions/${file}`);
  const items = named.map((file) => ({ text: titleOf(file), link: `/${file.slice(0, -3)}` }));
  return [{ text: "All decisions", link: "/decisions/" }, ...items];
}

/** The modules of the reference, as an application imports them. */
function modules() {
  const items = files
    .filter((file) => file.startsWith("reference/") && !/\/(index|modules)\.md$/.test(file))
    .map((file) => file.slice("reference/".length, -3))
    .map((name) => ({ text: name.replace(/\/index$/, ""), link: `/reference/${name}` }))
    .sort((a, b) => (a.text < b.text ? -1 : 1));
  return [{ text: "edge-key-value", link: "/reference/" }, ...items];
}

export default defineConfig({
  srcDir: ".pages",
  title: "edge-key-value",
  description: "One asynchronous key-value API for Cloudflare Workers, Deno, Bun and Node.",
  lang: "en",
  head: [["link", { rel: "icon", href: "/icon.svg", type: "image/svg+xml" }]],
  cleanUrls: true,
  ignoreDeadLinks: [/^http:\/\/localhost/],
  lastUpdated: false,
  markdown: { lineNumbers: false },
  themeConfig: {
    search: {
      provider: "local",
      // The reference names everything many times. Pages that explain come first.
      options: { miniSearch: { searchOptions: { boostDocument: (id) => (id.includes("/reference/") ? 0.2 : 1) } } },
    },
    outline: [2, 3],
    nav: [
      { text: "Start", link: "/start/" },
      { text: "Guides", link: "/guides/" },
      { text: "Stores", link: "/stores" },
      { text: "Compare", link: "/comparison" },
      { text: "Reference", link: "/reference/modules" },
    ],
    sidebar: {
      "/reference/": [{ text: "Reference", link: "/reference/modules", items: modules() }],
      "/": sidebar(files, decisions()),
    },
    socialLinks: [{ icon: "github", link: "https://github.com/edge-key-value/edge-key-value" }],
    footer: { message: "Released under the MIT license." },
  },
});
