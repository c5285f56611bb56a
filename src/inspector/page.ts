import { toBase64 } from "../core/base64.ts";
import { COUNTDOWN } from "./countdown.ts";
import { type Html, html, toText } from "./html.ts";
import { STYLE } from "./style.ts";

/** A page of the inspector. */
export interface Page {
  /** What the tab of the browser shows. */
  readonly title: string;
  /** The way to this page, after the link to the first one. */
  readonly path?: readonly Html[] | undefined;
  readonly main: Html;
  readonly status?: number | undefined;
  readonly cookie?: string | undefined;
}

/** Headers of every response: nothing is stored, guessed, framed or shared with another site. */
const SAFE_HEADERS = {
  "cache-control": "no-store",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  // A form says where it comes from only if the browser may send a referrer.
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "x-robots-tag": "noindex",
};

/** Makes the response for a page. */
export function pageResponse(page: Page, brand: string): Response {
  const nonce = toBase64(crypto.getRandomValues(new Uint8Array(16)));
  const headers = new Headers({
    ...SAFE_HEADERS,
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  });
  if (page.cookie !== undefined) headers.append("set-cookie", page.cookie);
  return new Response(documentOf(page, brand, nonce), { status: page.status ?? 200, headers });
}

/** Makes a response without a page. */
export function bareResponse(status: number, headers: Record<string, string>, body: string | null = null): Response {
  return new Response(body, {
    status,
    headers: {
      ...SAFE_HEADERS,
      "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
      ...(body !== null && { "content-type": "text/plain; charset=utf-8" }),
      ...headers,
    },
  });
}

function documentOf({ title, path = [], main }: Page, brand: string, nonce: string): string {
  const head = toText(html`<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · ${brand}</title>
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E%3Crect width='8' height='8' rx='2' fill='%230b62c4'/%3E%3C/svg%3E">`);
  const body = toText(html`<header><a class="brand" href="?">${brand}</a>${path}</header>
<main>${main}</main>`);
  // The style and the script are constants, and escaping would break them.
  return `<!doctype html>
<html lang="en">
<head>
${head}
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
${body}
<script nonce="${nonce}">${COUNTDOWN}</script>
</body>
</html>
`;
}
