const markup = Symbol("markup");

/** Markup that is safe to put into a page. Only {@link html} makes it: a stored value cannot look like it. */
export interface Html {
  readonly [markup]: string;
}

type Part = Html | readonly Html[] | string | number | undefined | false;

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Makes markup. Every part that is not markup itself is escaped; `undefined` and `false` are left out. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { [markup]: texts.map((text, i) => text + markupOf(parts[i])).join("") };
}

/** Returns the text of markup. */
export const toText = (content: Html): string => content[markup];

function markupOf(part: Part): string {
  if (part === undefined || part === false) return "";
  if (typeof part === "string" || typeof part === "number") {
    return String(part).replace(/[&<>"']/g, (character) => ESCAPES[character] as string);
  }
  return markup in part ? part[markup] : part.map(toText).join("");
}
