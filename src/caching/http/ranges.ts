import { httpDate } from "./dates.ts";

/** One range of bytes, with the end included; "unsatisfiable" where the body has no such bytes. */
type Range = { readonly first: number; readonly last: number } | "unsatisfiable";

/** The single range that a request asks for (RFC 9110, 14.1.2); nothing for several, and for what cannot be read. */
function rangeOf(text: string, length: number): Range | undefined {
  const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/i.exec(text.trim()) ?? [];
  if (from === "" && to === "") return undefined;
  if (from === "") {
    const wanted = Number(to);
    return wanted === 0 || length === 0 ? "unsatisfiable" : { first: Math.max(0, length - wanted), last: length - 1 };
  }
  if (to !== "" && Number(to) < Number(from)) return undefined;
  if (Number(from) >= length) return "unsatisfiable";
  return { first: Number(from), last: Math.min(to === "" ? length - 1 : Number(to), length - 1) };
}

/** Whether `If-Range` allows a part (RFC 9110, 13.1.5): a strong tag or a date that is exactly the response's. */
function isSame(condition: string | null, headers: Headers): boolean {
  if (condition === null) return true;
  const text = condition.trim();
  if (text.startsWith('"')) return text === headers.get("etag");
  const modified = headers.get("last-modified");
  return modified !== null && httpDate(text) !== undefined && httpDate(text) === httpDate(modified);
}

/** The part of a stored response that a request asks for (RFC 9110, 14 and 15.3.7), or all of it. */
export async function partial(request: Request, response: Response): Promise<Response> {
  const text = request.headers.get("range");
  if (text === null || request.method !== "GET" || response.status !== 200) return response;
  if (response.headers.has("content-encoding") || !isSame(request.headers.get("if-range"), response.headers))
    return response;
  const body = await response.clone().arrayBuffer();
  const range = rangeOf(text, body.byteLength);
  if (!range) return response;
  const headers = new Headers(response.headers);
  if (range === "unsatisfiable") {
    headers.set("content-range", `bytes */${body.byteLength}`);
    headers.delete("content-length");
    return new Response(null, { status: 416, headers });
  }
  const { first, last } = range;
  headers.set("content-range", `bytes ${first}-${last}/${body.byteLength}`);
  headers.set("content-length", `${last - first + 1}`);
  return new Response(body.slice(first, last + 1), { status: 206, headers });
}
