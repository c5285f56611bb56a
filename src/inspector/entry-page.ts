import type { JsonValue } from "../core/json.ts";
import { deadline } from "./countdown.ts";
import { type Html, html } from "./html.ts";
import type { Inspected } from "./inspected.ts";
import { jsonText } from "./json-text.ts";
import type { Found } from "./lookup.ts";
import { fitsLink, go, hidden, linkTo, readable, shownName } from "./names.ts";
import { maybeBehind, problem, told } from "./notes.ts";
import type { Page } from "./page.ts";

/** The most characters of a value that a page shows. A longer one can be downloaded. */
const SHOWN = 65_536;

/** Where an entry is. */
export interface Place {
  readonly collection: string;
  readonly key: string;
}

/** What was typed into the form, so that nothing of it is lost when it is refused. */
export interface Draft {
  readonly text: string;
  readonly ttl: string;
  readonly forever: boolean;
}

/** What the page of an entry shows besides the entry. */
export interface EntryPageOptions {
  readonly note?: Html | undefined;
  readonly status?: number | undefined;
  readonly draft?: Draft | undefined;
  /** The token for forms that write. Without it there are none. */
  readonly token?: string | undefined;
}

/** The page of an entry. */
export function entryPage(inspected: Inspected, place: Place, found: Found, options: EntryPageOptions): Page {
  const { store } = inspected;
  const { collection, key } = place;
  const shown = found.state === "present" ? jsonText(found.value as JsonValue, SHOWN) : undefined;
  return {
    title: readable(key),
    path: [html`<span>${go(shownName(collection), { collection })}</span>`],
    status: options.status ?? (found.state === "missing" ? 404 : 200),
    main: html`<h1>${shownName(key, true)}</h1>
${options.note}
${maybeBehind(inspected)}
<section class="card">${content(place, found, shown)}</section>
${options.token !== undefined && forms(place, found, shown, options.token, options.draft, store.putIfVersion !== undefined)}`,
  };
}

type Shown = ReturnType<typeof jsonText> | undefined;

function content(place: Place, found: Found, shown: Shown): Html {
  if (found.state === "missing") return html`<p>There is no entry under this key.</p>`;
  if (found.state === "damaged") return html`<h2>This entry cannot be read</h2>${problem(told(found.error))}`;
  return html`<dl><dt>Expires</dt><dd>${deadline(found.ttl)}</dd></dl>
<pre tabindex="0" aria-label="Value">${shown?.text}${shown?.isWhole === false && "…"}</pre>
<p>${shown?.isWhole === false && html`This is only the start: the value is too long to show or edit here. `}${go("Download as JSON", { ...place }, "raw")}</p>`;
}

function forms(
  place: Place,
  found: Found,
  shown: Shown,
  token: string,
  draft: Draft | undefined,
  hasVersions: boolean,
): Html {
  const common = [...hidden({ ...place, version: found.version }), ...hidden({ token })];
  const canEdit = found.state === "missing" || shown?.isWhole === true;
  return html`${canEdit && editForm(common, found, draft ?? { text: shown?.text ?? "", ttl: "", forever: false }, draft !== undefined, hasVersions)}
${found.state !== "missing" && deleteForm(common, found, hasVersions)}`;
}

function editForm(common: readonly Html[], found: Found, draft: Draft, isOpen: boolean, hasVersions: boolean): Html {
  const isNew = found.state === "missing";
  const expires = found.state === "present" && found.ttl !== null;
  const race = hasVersions
    ? "If another writer changes the entry meanwhile, nothing is written, and you see both."
    : "This store cannot tell whether another writer changed the entry meanwhile: the last write wins.";
  return html`<details class="card"${isOpen && html` open`}><summary>${isNew ? "Create it" : "Edit"}</summary>
<form method="post" action="?do=save">${common}
  <label>Value, as JSON <textarea name="value" rows="12" spellcheck="false" autocapitalize="off" required>
${draft.text}</textarea></label>
  <div class="fields">
    <label>Expires after seconds <input name="ttl" inputmode="decimal" placeholder="${expires ? "keep the deadline" : "never"}" value="${draft.ttl}" autocomplete="off"></label>
    ${expires && html`<label class="check"><input type="checkbox" name="forever"${draft.forever && html` checked`}> Never expires</label>`}
  </div>
  <p class="quiet">${race}</p>
  <button class="primary">Save</button>
</form></details>`;
}

function deleteForm(common: readonly Html[], found: Found, hasVersions: boolean): Html {
  return html`<details class="card"><summary>Delete</summary>
<form method="post" action="?do=delete">${common}
  <p class="quiet">${
    hasVersions && found.state === "present"
      ? "If another writer changes the entry meanwhile, it stays."
      : "This also deletes what another writer puts there meanwhile."
  }</p>
  <button class="danger">Delete this entry</button>
</form></details>`;
}

/** Where to go after a write. */
export const after = (fields: Record<string, string>, done: string): string =>
  fitsLink({ ...fields, done }) ? linkTo({ ...fields, done }) : linkTo({ done });
