// Names the pages of the reference by what an application imports, and mends links that TypeDoc numbers in another way than VitePress.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".pages/reference", import.meta.url));

/** The anchors of a page: of several headings with one name, VitePress numbers all but the first. */
function anchorsOf(text) {
  const seen = new Map();
  const anchors = new Set();
  for (const [, heading] of text.matchAll(/^#{1,6} (.+)$/gm)) {
    const slug = heading.replaceAll(/[^\w-]/g, "").toLowerCase();
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    anchors.add(count === 0 ? slug : `${slug}-${count}`);
  }
  return anchors;
}

for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".md"))) {
  const file = join(folder, name);
  const text = readFileSync(file, "utf8");
  const module = relative(folder, file)
    .replaceAll("\\", "/")
    .replace(/(\/?index)?\.md$/, "");
  const title = module === "modules" ? "API reference" : `edge-key-value${module && `/${module}`}`;
  const titled = text.replace(/^# .+$/m, `# ${title}`);
  const anchors = anchorsOf(titled);
  const mended = titled
    .replaceAll(/\]\(#([\w-]+?)(-\d+)\)/g, (link, slug, number) =>
      anchors.has(slug + number) || !anchors.has(slug) ? link : `](#${slug})`,
    )
    .replaceAll(/^- \[([^\]]+)\]\(/gm, (line, label) =>
      module === "modules" ? `- [edge-key-value${label === "index" ? "" : `/${label}`}](` : line,
    );
  writeFileSync(file, mended);
}
