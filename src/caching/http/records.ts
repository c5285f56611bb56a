import { fromBase64, toBase64 } from "../../core/base64.ts";
import { type Bytes, utf8 } from "../../core/bytes.ts";
import type { Audience, Keeping } from "./freshness.ts";

/** A response as it is stored. */
export interface ResponseRecord {
  readonly status: number;
  readonly statusText: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The text, `{ base64 }` of bytes that are no UTF-8, or nothing for a response without a body. */
  readonly body?: string | { readonly base64: string };
  /** How old it was when it came, in seconds. */
  readonly age: number;
  /** Who may have it. Default: everybody. */
  readonly audience?: Exclude<Audience, "all">;
  readonly strict?: true;
  readonly immutable?: true;
  /** Whether the body already has its `Content-Encoding`, so that Workers must not encode it again. */
  readonly encoded?: true;
}

/** Headers about one connection (RFC 9110, 7.6.1), and cookies, which are for one visitor. */
const NOT_STORED = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-authorization",
  "proxy-connection",
  "set-cookie",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** The headers that are stored (RFC 9111, 3.1). */
function storedHeaders(headers: Headers): [name: string, value: string][] {
  const named = (headers.get("connection") ?? "").split(",").map((name) => name.trim().toLowerCase());
  return [...headers].filter(([name]) => !NOT_STORED.has(name) && name !== "age" && !named.includes(name));
}

/** A response as it is stored, with a body that was read. */
export function toRecord(response: Response, body: Bytes | null, keeping: Partial<Keeping> = {}): ResponseRecord {
  const { status, statusText, headers } = response;
  return {
    status,
    statusText,
    // The length is that of the body, except for a HEAD, which has no other.
    headers: storedHeaders(headers).filter(([name]) => !body || name !== "content-length"),
    ...(body && { body: textOf(body) }),
    ...marksOf(keeping),
    ...(body && isGzip(headers, body) && { encoded: true }),
  };
}

function marksOf({
  age = 0,
  audience,
  strict,
  immutable,
}: Partial<Keeping>): Pick<ResponseRecord, "age" | "audience" | "strict" | "immutable"> {
  return {
    age,
    ...(audience && audience !== "all" && { audience }),
    ...(strict && { strict }),
    ...(immutable && { immutable }),
  };
}

/** Headers that describe the stored body, which a 304 has none of (RFC 9111, 3.2). */
const OF_THE_BODY = new Set(["content-length", "content-encoding", "content-range"]);

/** A stored response with the headers of a 304 (RFC 9111, 3.2): as a response without its body, and as a record. */
export function freshened(old: ResponseRecord, { headers }: Response) {
  const updates = storedHeaders(headers).filter(([name]) => !OF_THE_BODY.has(name));
  // Without a date a 304 is from now, and the date of the stored response says nothing of its age any more.
  const replaced = new Set([...updates.map(([name]) => name), "date"]);
  const { status, statusText, body, encoded } = old;
  const all = [...old.headers.filter(([name]) => !replaced.has(name)), ...updates].map(
    ([name, value]): [string, string] => [name, value],
  );
  const age = headers.get("age");
  return {
    response: new Response(null, { status, statusText, headers: age === null ? all : [...all, ["age", age]] }),
    record: (keeping: Keeping): ResponseRecord => ({
      ...{ status, statusText, headers: all },
      ...(body !== undefined && { body }),
      ...(encoded && { encoded }),
      ...marksOf(keeping),
    }),
  };
}

/** The response of a record; nothing when the record is damaged. */
export function toResponse(record: ResponseRecord): Response | undefined {
  const { status, statusText, headers, encoded } = record;
  try {
    const body = bodyOf(record);
    const init = { status, statusText, headers: headers.map(([name, value]): [string, string] => [name, value]) };
    const response = new Response(body, encoded ? ({ ...init, encodeBody: "manual" } as ResponseInit) : init);
    if (body && !response.headers.has("content-encoding")) response.headers.set("content-length", `${body.byteLength}`);
    return response;
  } catch {
    return undefined;
  }
}

/** As bytes, for which a response gets no header that it did not have. Throws when the record is damaged. */
export function bodyOf({ body }: ResponseRecord): Bytes | null {
  if (body === undefined) return null;
  if (typeof body === "string") return utf8(body);
  const bytes = fromBase64(body.base64);
  if (!bytes) throw new TypeError("the stored body is damaged");
  return bytes;
}

/** The oldest a response can be, in seconds; one that is older is damaged. */
const OLDEST = 2 ** 32;

/** Whether a stored value has the parts of a record. */
export function isRecord(value: unknown): value is ResponseRecord {
  const { status, headers, age, audience } = Object(value) as Partial<Record<keyof ResponseRecord, unknown>>;
  const isAge = typeof age === "number" && age >= 0 && age < OLDEST;
  const known = [undefined, "unauthorized", "anonymous"].includes(audience as undefined);
  return Number.isInteger(status) && Array.isArray(headers) && headers.every(isHeader) && isAge && known;
}

const NAME = /^[\w!#$%&'*+\-.^`|~]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\uffff]*$/;

function isHeader(header: unknown): boolean {
  const [name, value] = Array.isArray(header) ? (header as unknown[]) : [];
  return typeof name === "string" && typeof value === "string" && NAME.test(name) && VALUE.test(value);
}

function textOf(bytes: Bytes): string | { base64: string } {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { base64: toBase64(bytes) };
  }
}

/** On Workers nothing but its bytes shows that a body was compressed by hand, with `encodeBody: "manual"`. */
function isGzip(headers: Headers, body: Bytes): boolean {
  return headers.get("content-encoding") === "gzip" && body[0] === 0x1f && body[1] === 0x8b;
}
