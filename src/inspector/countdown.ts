import { type Html, html } from "./html.ts";

/** When an entry expires. The script counts the seconds down; a browser without scripts shows the first figure. */
export function deadline(ttl: number | null): Html {
  if (ttl === null) return html`never`;
  const date = new Date(Date.now() + ttl * 1000).toISOString().slice(0, 19).replace("T", " ");
  return html`<span data-left="${ttl}">in ${Math.ceil(ttl).toLocaleString("en")} s</span> <small>${date} UTC</small>`;
}

/** The one script of the page. */
export const COUNTDOWN = `
const clocks = document.querySelectorAll("[data-left]");
const tick = () => {
  for (const clock of clocks) {
    const left = Math.ceil(clock.dataset.left - performance.now() / 1000);
    clock.textContent = left > 0 ? "in " + left.toLocaleString("en") + " s" : "expired";
  }
};
if (clocks.length > 0) setInterval(tick, 1000);
`;
