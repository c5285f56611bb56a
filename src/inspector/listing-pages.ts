import type { Page as Names } from "../core/protocol.ts";
import { type Html, html } from "./html.ts";
import type { Inspected } from "./inspected.ts";
import { fieldOf, go, hidden, isOdd, readable, shownName } from "./names.ts";
import { maybeBehind, noteOf } from "./notes.ts";
import type { Page } from "./page.ts";

/** The first page: the collections, and a form that opens one by its name. */
export async function homePage(inspected: Inspected, params: URLSearchParams): Promise<Page> {
  const { store, driver, pageSize } = inspected;
  const { defaultCollection = "" } = store;
  const prefix = fieldOf(params, "prefix") ?? "";
  const cursor = fieldOf(params, "cursor");
  const listed = await store.listCollections?.({ prefix, cursor, limit: pageSize });
  const canListKeys = store.listKeys !== undefined;
  return {
    title: "Collections",
    main: html`<h1>Collections</h1>
${noteOf(params)}
<p class="quiet">${driver.name}${driver.consistency === "strong" && " · strongly consistent"}${store.snapshot && html` · ${go("Statistics", { statistics: "" })}`}</p>
${maybeBehind(inspected)}
${listed ? [prefixForm({}, prefix, "Collections"), list(listed, (name) => ({ collection: name }), { prefix }, cursor)] : html`<p class="card">This store does not list its collections.</p>`}
<form class="card find" method="get" action="?">
  <label>Collection <input name="collection" value="${defaultCollection}" autocomplete="off" autocapitalize="off" spellcheck="false"></label>
  <label>Key ${canListKeys && "(leave empty to list keys)"} <input name="find" autocomplete="off" autocapitalize="off" spellcheck="false"></label>
  <button class="primary">Open</button>
</form>`,
  };
}

/** The keys of a collection. */
export async function collectionPage(inspected: Inspected, params: URLSearchParams, collection: string): Promise<Page> {
  const { store, pageSize, writable } = inspected;
  const prefix = fieldOf(params, "prefix") ?? "";
  const cursor = fieldOf(params, "cursor");
  const listed = await store.listKeys?.({ collection, prefix, cursor, limit: pageSize });
  return {
    title: readable(collection),
    path: [html`<span>${shownName(collection)}</span>`],
    main: html`<h1>${shownName(collection, true)}</h1>
${noteOf(params)}
${maybeBehind(inspected)}
${listed ? [prefixForm({ collection }, prefix, "Keys"), list(listed, (key) => ({ collection, key }), { collection, prefix }, cursor)] : html`<p class="card">This store does not list its keys.</p>`}
<form class="card find" method="get" action="?">
  ${hidden({ collection })}
  <label>${writable ? "Open or create a key" : "Open a key"} <input name="find" autocomplete="off" autocapitalize="off" spellcheck="false"></label>
  <button>Open</button>
</form>`,
  };
}

function prefixForm(fields: { collection?: string }, prefix: string, what: string): Html {
  return html`<form class="card find" method="get" action="?">
  ${hidden(fields)}
  <label>${what} that start with <input type="search" name="prefix" value="${isOdd(prefix) ? "" : prefix}" autocomplete="off" autocapitalize="off" spellcheck="false"></label>
  <button>Show</button>
</form>`;
}

/** A page of names, and the way to the next one. Backends know no way back; the browser does. */
function list(
  { names, cursor }: Names,
  fieldsOf: (name: string) => Record<string, string>,
  here: Record<string, string>,
  current: string | undefined,
): Html {
  const empty = cursor === undefined ? "Nothing here." : "Nothing on this page; the next ones may have more.";
  return html`${here.prefix !== "" && html`<p class="quiet">Those that start with ${shownName(here.prefix as string)}:</p>`}
${
  names.length > 0
    ? html`<ul class="card list">${names.map((name) => html`<li>${go(shownName(name), fieldsOf(name))}</li>`)}</ul>`
    : html`<p class="card quiet">${empty}</p>`
}
${
  (cursor !== undefined || current !== undefined) &&
  html`<nav aria-label="Pages">${current !== undefined && go("First page", here)}${cursor !== undefined && go("Next page", { ...here, cursor })}</nav>`
}`;
}
