/** What tests of the inspector share: a visitor, and names that are hard to show. */
import type { AsyncKeyValue } from "../../src/index.ts";
import { type InspectorOptions, inspector } from "../../src/inspector.ts";

export const ORIGIN = "https://admin.example";

/** What a browser does with the pages: it keeps the cookie, follows redirects, and sends forms with their hidden inputs. */
export function visit(store: AsyncKeyValue, options: Partial<InspectorOptions> = {}, mount = "/some/where") {
  const inspect = inspector(store, { authorize: () => true, writable: true, ...options });
  let cookie = "";

  async function send(query: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (cookie) headers.set("cookie", cookie);
    const response = await inspect(new Request(ORIGIN + mount + query, { ...init, headers }));
    cookie = response.headers.get("set-cookie")?.split(";")[0] ?? cookie;
    return response;
  }

  async function page(query: string): Promise<string> {
    return (await send(query)).text();
  }

  /** Sends the form of a page whose action is this one. */
  async function submit(
    html: string,
    action: string,
    fields: Record<string, string> = {},
    headers: Record<string, string> = { "sec-fetch-site": "same-origin" },
  ): Promise<Response> {
    const form = html.slice(html.indexOf(`action="?do=${action}"`));
    const body = new URLSearchParams();
    for (const [, name, value] of form
      .slice(0, form.indexOf("</form>"))
      .matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)) {
      body.set(name as string, unescaped(value as string));
    }
    for (const [name, value] of Object.entries(fields)) body.set(name, value);
    return await send(`?do=${action}`, { method: "POST", body, headers });
  }

  /** The addresses of the links in a page. */
  const links = (html: string): string[] =>
    [...html.matchAll(/href="(\?[^"]*)"/g)].map(([, link]) => unescaped(link as string));

  return { send, page, submit, links, inspect };
}

/** Undoes what a page does to text. */
export const unescaped = (text: string): string =>
  text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");

/** The text in the `pre` of a page. */
export const valueIn = (html: string): string => unescaped(/<pre[^>]*>([\s\S]*?)<\/pre>/.exec(html)?.[1] ?? "");

/** Names that a careless page, link or form would change. */
export const HOSTILE = [
  "",
  " ",
  "a/b",
  "a%2Fb",
  "50%25",
  "a+b c",
  "a&key=b#c?d",
  "<script>alert(1)</script>",
  "\"'`><img src=x onerror=alert(1)>",
  "line\nbreak\r\n",
  "\u0000\u007f",
  "lone \ud800 surrogate \udfff",
  "right-to-left \u202e override",
  "line separator \u2028",
  '"quoted"',
  "\\u202e",
  "名前 👩‍👩‍👧",
  "__proto__",
  "k".repeat(5000),
  "名".repeat(5000),
];
