import { type Html, html } from "./html.ts";

/** Characters that a page cannot show, that change the order of others, or that a form does not send unchanged. */
const ODD = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** The longest name that a list shows whole, in characters. */
const SHOWN = 160;

/** Browsers and servers refuse longer addresses. */
const LONGEST_LINK = 6000;

/** The parts of an address of the inspector, such as a collection and a key. */
export type Fields = Readonly<Record<string, string | undefined>>;

/**
 * Returns fields as pairs for a link or a form. A name with odd characters is sent as JSON: a form would turn a line break
 * into two characters, and a link cannot hold half of a surrogate pair.
 */
function pairsOf(fields: Fields): (readonly [name: string, value: string])[] {
  return Object.entries(fields).flatMap(([name, value]) => {
    if (value === undefined) return [];
    return ODD.test(value) ? [[`${name}.json`, visible(JSON.stringify(value))]] : [[name, value]];
  }) as (readonly [string, string])[];
}

/** Reads a field that {@link linkTo} or {@link hidden} wrote, or that a person typed. */
export function fieldOf(params: URLSearchParams, name: string): string | undefined {
  const text = params.get(name);
  if (text !== null) return text;
  try {
    const value: unknown = JSON.parse(params.get(`${name}.json`) ?? "null");
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Returns a relative address with only a query, which is right under any path and behind any proxy. */
export const linkTo = (fields: Fields): string => `?${new URLSearchParams(pairsOf(fields).map((pair) => [...pair]))}`;

/** Returns whether a link can hold these fields. */
export const fitsLink = (fields: Fields): boolean => linkTo(fields).length <= LONGEST_LINK;

/** Returns the hidden inputs of a form. */
export const hidden = (fields: Fields): Html[] =>
  pairsOf(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`);

/** A link, or a button that looks like one where the names are too long for a link. `action` is what the button asks for. */
export function go(content: Html | string, fields: Fields, action: "view" | "raw" = "view"): Html {
  const more = action === "raw" ? { raw: "" } : {};
  if (fitsLink({ ...fields, ...more })) return html`<a href="${linkTo({ ...fields, ...more })}">${content}</a>`;
  return html`<form class="link" method="post" action="?do=${action}">${hidden(fields)}<button>${content}</button></form>`;
}

/** Returns the start of a name as text: as JSON, with escapes, if it is empty or has characters that a page cannot show. */
export function readable(name: string, limit = SHOWN): string {
  const start = name.slice(0, limit);
  return isOdd(start) ? visible(JSON.stringify(start)) : start;
}

/** Returns whether a page cannot show a name as it is, or an input cannot hold it. */
export const isOdd = (name: string): boolean => name === "" || name.trim() !== name || ODD.test(name);

/** A name as a person can read it. Lists cut long names. */
export function shownName(name: string, whole = false): Html {
  const text = readable(name, whole ? Number.POSITIVE_INFINITY : SHOWN);
  const cut = !whole && name.length > SHOWN && html`<small>… ${name.length.toLocaleString("en")} characters</small>`;
  return html`<bdi class="${isOdd(name) ? "name escaped" : "name"}">${text}${cut}</bdi>`;
}

/** Escapes what JSON leaves as it is and a page would not show, so that the text is still the same JSON. */
export function visible(json: string): string {
  return json.replace(/[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => character.split("").map(escaped).join(""));
}

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
