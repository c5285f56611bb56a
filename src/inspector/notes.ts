import { type ErrorCode, KeyValueError } from "../core/errors.ts";
import { type Html, html } from "./html.ts";
import type { Inspected } from "./inspected.ts";
import type { Page } from "./page.ts";

const NOTES: Readonly<Record<string, string>> = { saved: "Saved.", deleted: "Deleted.", gone: "It was gone already." };

/** The note about what was just done; `done` in the query names it. */
export function noteOf(params: URLSearchParams): Html | undefined {
  const done = params.get("done") ?? "";
  return Object.hasOwn(NOTES, done) ? html`<p class="note" role="status">${NOTES[done]}</p>` : undefined;
}

/** Says that a page may be behind, unless the store shows every change at once. */
export const maybeBehind = ({ driver }: Inspected): Html | false =>
  driver.consistency === "eventual" &&
  html`<p class="quiet">This store is eventually consistent: recent changes may not show here yet.</p>`;

/** A failure, in a form that any page can show. */
export const problem = (content: Html | string): Html => html`<div class="problem" role="alert">${content}</div>`;

/** What may be told of a failure: the code and the message of a `KeyValueError`. Others may hold anything. */
export function told(error: unknown): Html {
  return error instanceof KeyValueError
    ? html`<code>${error.code}</code> ${error.message}`
    : html`The store failed in a way that it does not explain. The logs of the server may say more.`;
}

const STATUSES: { readonly [Code in ErrorCode]?: number } = {
  invalid_cursor: 400,
  too_large: 413,
  read_only: 403,
  conflict: 409,
  unavailable: 503,
  overloaded: 503,
  rate_limited: 503,
  timeout: 504,
};

/** The page for a failure of the store. */
export function failurePage(error: unknown): Page {
  const code = error instanceof KeyValueError ? error.code : undefined;
  return messagePage((code && STATUSES[code]) ?? 500, "This did not work", told(error));
}

/** A page that says why there is nothing else to see. */
export function messagePage(status: number, title: string, content: Html | string): Page {
  return { title, status, main: html`<h1>${title}</h1>${problem(content)}<p><a href="?">Start again</a></p>` };
}
