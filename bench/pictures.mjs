// `npm run bench:pictures`: draws the results in `bench/results` for `docs/benchmarks.md`. A benchmark writes its results there
// when it runs with `--save`.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

const images = new URL("../docs/images/", import.meta.url);
mkdirSync(images, { recursive: true });
const tablesOf = (name) => JSON.parse(readFileSync(new URL(`results/${name}.json`, import.meta.url), "utf8")).tables;

const WIDTH = 720;
const LABEL = 190;
const ROW = 20;
/** Space for the number behind the longest bar. */
const NUMBER = 60;

/** Each chart has a title and groups of bars; the first bar of a group is this library. */
const ratioOf = ({ ratio }) => ratio;
draw(
  "memory",
  "Memory store: time beside a Map of JSON strings (1 = the same, shorter is faster)",
  tablesOf("memory"),
  ratioOf,
);
draw("caching", "Cached function: time beside a Map of JSON strings (shorter is faster)", tablesOf("caching"), ratioOf);
draw("size", "Size: kB minified and gzipped (shorter is smaller)", tablesOf("size"), ({ kB }) => kB);
drawGrowth();

function drawGrowth() {
  const rows = Object.values(tablesOf("growth").growth);
  const names = ["fill, µs/entry", "get, µs", "put, µs", "all pages, µs/entry"];
  const groups = Object.fromEntries(
    names.map((name) => [
      name.replace(/, .*/, ""),
      Object.fromEntries(rows.map((row) => [`${row.entries.toLocaleString("en")} entries`, { time: row[name] }])),
    ]),
  );
  draw(
    "growth",
    "Memory store as it grows: µs for each entry (bars of one group should be alike)",
    groups,
    ({ time }) => time,
  );
}

/** Draws groups of bars with one scale for each group. */
function draw(file, title, groups, numberOf) {
  const shapes = [];
  let y = 36;
  for (const [group, bars] of Object.entries(groups)) {
    const all = Object.entries(bars).map(([name, bar]) => [name, numberOf(bar)]);
    const most = Math.max(...all.map(([, number]) => number));
    if (Object.keys(groups).length > 1) {
      shapes.push(`<text class="group" x="8" y="${y + 14}">${escaped(group)}</text>`);
      y += ROW;
    }
    for (const [name, number] of all) {
      const own = /^(edge-key-value|memoryStore|cached|redisStore)\b/.test(name) || file === "growth";
      const width = Math.max(1, ((WIDTH - LABEL - NUMBER) * number) / most).toFixed(1);
      shapes.push(
        `<text class="name" x="${LABEL - 8}" y="${y + 14}">${escaped(name)}</text>`,
        `<rect${own ? ' class="own"' : ""} x="${LABEL}" y="${y + 3}" width="${width}" height="14" rx="2"/>`,
        `<text x="${(LABEL + Number(width) + 6).toFixed(1)}" y="${y + 14}">${shown(number)}</text>`,
      );
      y += ROW;
    }
    y += 8;
  }
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" role="img" aria-label="${escaped(title)}">
<style>
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.title, .group { font-weight: 600 }
.name { text-anchor: end }
rect { fill: #9198a1 }
.own { fill: #0969da }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .own { fill: #4493f8 } rect { fill: #6e7681 } }
</style>
<text class="title" x="8" y="20">${escaped(title)}</text>
${shapes.join("\n")}
</svg>
`;
  writeFileSync(new URL(`${file}.svg`, images), svg);
}

function shown(number) {
  return number >= 100 ? String(Math.round(number)) : String(Number(number.toPrecision(2)));
}

function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
