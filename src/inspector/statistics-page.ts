import { type Html, html } from "./html.ts";
import type { Counts, Snapshot } from "./inspected.ts";
import { shownName } from "./names.ts";
import type { Page } from "./page.ts";

/** The counts of a store that is wrapped in `statistics`. */
export function statisticsPage(snapshot: Snapshot): Page {
  const collections = Object.entries(snapshot.collections);
  const hasOther = Object.keys(snapshot.other).length > 0;
  return {
    title: "Statistics",
    path: [html`<span>Statistics</span>`],
    main: html`<h1>Statistics</h1>
<p class="quiet">Calls of this process to the backend, since it started. Latencies are in milliseconds.</p>
${collections.map(([name, counts]) => section(shownName(name), counts))}
${hasOther && section(html`All others`, snapshot.other)}
${collections.length === 0 && !hasOther && html`<p class="card quiet">No call was made yet.</p>`}`,
  };
}

function section(title: Html, counts: Counts): Html {
  return html`<section class="card"><h2>${title}</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Counts"><table>
<thead><tr><th>Operation</th><th>Calls</th><th>Hits</th><th>Misses</th><th>Errors</th><th>Half within</th><th>99% within</th></tr></thead>
<tbody>${Object.entries(counts).map(
    ([operation, { calls, hits, misses, errors, latencyMs }]) =>
      html`<tr><td>${operation}</td>${[calls, hits, misses, errors, latencyMs.p50, latencyMs.p99].map((figure) => html`<td>${figure.toLocaleString("en")}</td>`)}</tr>`,
  )}</tbody>
</table></div></section>`;
}
