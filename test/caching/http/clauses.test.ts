import { describe, expect, it } from "#test";
import { type CachedResponseOptions, cachedResponse } from "../../../src/cached-response.ts";
import { memoryStore } from "../../../src/index.ts";
import { at } from "../../support/caching.ts";

const url = "https://example.com/a";
const past = "Thu, 01 Jan 1970 00:00:00 GMT";
/** The dates are computed when the file is loaded, which may be minutes before its tests run. */
const httpDate = (seconds: number) => new Date(Date.now() + seconds * 1000).toUTCString();

interface Answered {
  readonly status?: number;
  readonly headers?: Record<string, string> | [string, string][];
  readonly body?: string | null;
}

interface Asked {
  /** Seconds after the first request. */
  readonly after?: number;
  readonly headers?: Record<string, string>;
  readonly method?: string;
  readonly url?: string;
  readonly body?: string;
  /** The number of handler calls after this request. Default: one less than would be without a cache. */
  readonly calls: number;
  readonly status?: number;
  readonly body_?: string;
  /** Headers of the answer; null: not there. */
  readonly shows?: Record<string, string | null | RegExp>;
  /** Headers of the request that the handler got. */
  readonly sends?: Record<string, string | null>;
}

interface Clause {
  readonly clause: string;
  readonly it: string;
  readonly options?: Partial<CachedResponseOptions>;
  /** The handler's answers, in order; the last one is repeated. */
  readonly answers: readonly (Answered | ((request: Request) => Answered))[];
  readonly asks: readonly Asked[];
}

const twice = (calls: number, more: Partial<Asked> = {}): Asked[] => [{ calls: 1 }, { calls, ...more }];
const says = (value: string, more: Record<string, string> = {}): Answered => ({
  headers: { "cache-control": value, ...more },
});
const tagged = says("max-age=10", { etag: '"v1"', "x-a": "old" });

const clauses: Clause[] = [
  // Storing.
  { clause: "RFC 9111, 3", it: "stores what has max-age", answers: [says("max-age=60")], asks: twice(1) },
  { clause: "RFC 9111, 3", it: "stores nothing that says nothing", answers: [{}], asks: twice(2) },
  {
    clause: "RFC 9111, 3",
    it: "stores a status by heuristics only where RFC 9110, 15.1 allows it",
    options: { ttl: 60 },
    answers: [{ status: 302 }],
    asks: twice(2),
  },
  {
    clause: "RFC 9111, 3",
    it: "stores any final status that says so",
    answers: [{ status: 418, headers: { "cache-control": "max-age=60" } }],
    asks: twice(1, { status: 418 }),
  },
  {
    clause: "RFC 9111, 3.1",
    it: "stores no header of the connection",
    answers: [says("max-age=60", { connection: "x-a", "x-a": "1", te: "x" })],
    asks: twice(1, { shows: { "x-a": null, te: null, connection: null } }),
  },
  {
    clause: "RFC 9111, 3.3",
    it: "never stores a 206 as a whole",
    answers: [{ status: 206, headers: { "cache-control": "max-age=60", "content-range": "bytes 0-1/5" } }],
    asks: twice(2),
  },
  {
    clause: "RFC 9111, 3.5",
    it: "does not share what was made for Authorization",
    answers: [says("max-age=60")],
    asks: [{ headers: { authorization: "a" }, calls: 1 }, { calls: 2 }],
  },
  {
    clause: "RFC 9111, 3.5",
    it: "does not answer Authorization with what does not say that it may be shared",
    answers: [says("max-age=60")],
    asks: [{ calls: 1 }, { headers: { authorization: "a" }, calls: 2 }],
  },
  ...["public", "must-revalidate", "s-maxage=60"].map((directive) => ({
    clause: "RFC 9111, 3.5",
    it: `shares what was made for Authorization with ${directive}`,
    answers: [says(`max-age=60, ${directive}`)],
    asks: [{ headers: { authorization: "a" }, calls: 1 }, { headers: { authorization: "b" }, calls: 1 }, { calls: 1 }],
  })),
  {
    clause: "docs: personal pages",
    it: "does not keep by the option ttl what was made for a Cookie",
    options: { ttl: 60 },
    answers: [{}],
    asks: [
      { headers: { cookie: "id=1" }, calls: 1 },
      { headers: { cookie: "id=2" }, calls: 2 },
      { calls: 3 },
      { calls: 3 },
      { headers: { cookie: "id=1" }, calls: 4 },
    ],
  },
  {
    clause: "docs: personal pages",
    it: "shares what was made for a Cookie and says how long it lives",
    answers: [says("max-age=60")],
    asks: [
      { headers: { cookie: "id=1" }, calls: 1 },
      { headers: { cookie: "id=2" }, calls: 1 },
    ],
  },
  {
    clause: "docs: personal pages",
    it: "shares all pages where no header is personal",
    options: { ttl: 60, personal: [] },
    answers: [{}],
    asks: [
      { headers: { cookie: "id=1" }, calls: 1 },
      { headers: { cookie: "id=2", authorization: "x" }, calls: 1 },
    ],
  },

  ...[
    ["RFC 9110, 15.5.13", 412],
    ["RFC 9110, 15.5.17", 416],
    ["RFC 6585, 3", 428],
    ["RFC 6585, 4", 429],
    ["RFC 6585, 5", 431],
  ].map(([clause, status]) => ({
    clause: clause as string,
    it: `never stores a ${status}, which is about one request`,
    answers: [{ ...says("public, max-age=60"), status: status as number }, says("max-age=60")],
    asks: [{ headers: { range: "bytes=99-" }, calls: 1 }, { calls: 2, status: 200 }, { calls: 2 }],
  })),
  {
    clause: "RFC 9111, 3.3",
    it: "asks for the whole response where a request for a range finds it stale",
    answers: [says("max-age=10, stale-while-revalidate=60"), says("max-age=10")],
    asks: [
      { calls: 1 },
      { after: 20, headers: { range: "bytes=0-1" }, calls: 2, status: 206, sends: { range: null } },
      { after: 20, calls: 2, status: 200, body_: "body 2" },
    ],
  },
  {
    clause: "RFC 9111, 4.1 and 4.3.4",
    it: "follows a Vary that comes with a 304",
    answers: [
      says("max-age=10", { etag: '"v1"' }),
      { status: 304, body: null, ...says("max-age=60", { etag: '"v1"', vary: "x-a" }) },
      says("max-age=60", { vary: "x-a" }),
    ],
    asks: [
      { headers: { "x-a": "1" }, calls: 1 },
      { after: 20, headers: { "x-a": "1" }, calls: 2, body_: "body 1" },
      { after: 20, headers: { "x-a": "2" }, calls: 3, body_: "body 3" },
      { after: 20, headers: { "x-a": "1" }, calls: 3, body_: "body 1" },
    ],
  },
  {
    clause: "RFC 9111, 4.3.4",
    it: "does not use a 304 with a strong tag for a response that has none",
    answers: [
      says("max-age=10", { "last-modified": past }),
      { status: 304, body: null, ...says("max-age=60", { etag: '"v2"' }) },
      says("max-age=60", { etag: '"v2"' }),
    ],
    asks: [{ calls: 1 }, { after: 20, calls: 3, body_: "body 3" }],
  },
  {
    clause: "RFC 9111, 5.2.2.10",
    it: "returns nothing stale with s-maxage, whatever max-stale allows",
    answers: [says("s-maxage=10", { etag: '"v1"' })],
    asks: [{ calls: 1 }, { after: 20, headers: { "cache-control": "max-stale=60" }, calls: 2 }],
  },

  // Directives of the response.
  {
    clause: "RFC 9111, 5.2.2.5",
    it: "stores nothing with no-store",
    answers: [says("no-store, max-age=60")],
    asks: twice(2),
  },
  {
    clause: "RFC 9111, 5.2.2.7",
    it: "stores nothing with private",
    answers: [says("private, max-age=60")],
    asks: twice(2),
  },
  {
    clause: "RFC 9111, 5.2.2.7",
    it: "stores nothing with a private field name",
    answers: [says('private="x-a", max-age=60')],
    asks: twice(2),
  },
  {
    clause: "RFC 9111, 5.2",
    it: "finds private behind a quote that is not closed",
    answers: [says('max-age=60, x="y, private')],
    asks: twice(2),
  },
  {
    clause: "RFC 9111, 5.2",
    it: "finds private that is written wrong",
    answers: [says("private =1, max-age=60")],
    asks: twice(2),
  },
  {
    clause: "RFC 9111, 5.2",
    it: "takes nothing in a quoted string for a directive",
    answers: [says('x="private, \\"no-store", max-age=60')],
    asks: twice(1),
  },
  {
    clause: "RFC 9111, 5.2",
    it: "reads directives whatever their case",
    answers: [says("MAX-AGE=60")],
    asks: twice(1),
  },
  {
    clause: "RFC 9111, 5.2",
    it: "ignores max-age with spaces around the sign",
    answers: [says("max-age =60"), says("max-age= 60")],
    asks: twice(2),
  },
  { clause: "RFC 9111, 5.2", it: "reads a quoted number", answers: [says('max-age="60"')], asks: twice(1) },
  {
    clause: "RFC 9111, 4.2.1",
    it: "takes the first of a repeated directive",
    answers: [says("max-age=10, max-age=60")],
    asks: twice(2, { after: 20 }),
  },
  ...["often", "'60'", "60.5", "1e3", "-1"].map((number) => ({
    clause: "RFC 9111, 4.2.1",
    it: `counts max-age=${number} as stale`,
    options: { ttl: 60 },
    answers: [says(`max-age=${number}`)],
    asks: twice(2),
  })),
  {
    clause: "RFC 9111, 5.2.2.10",
    it: "prefers s-maxage",
    answers: [says("max-age=60, s-maxage=10")],
    asks: twice(2, { after: 20 }),
  },
  {
    clause: "RFC 9111, 5.2.2.3",
    it: "stores a known status with must-understand in spite of no-store",
    answers: [says("no-store, must-understand, max-age=60")],
    asks: twice(1),
  },
  {
    clause: "RFC 9111, 5.2.2.3",
    it: "stores no unknown status with must-understand",
    answers: [{ status: 299, headers: { "cache-control": "must-understand, max-age=60" } }],
    asks: twice(2, { status: 299 }),
  },
  {
    clause: "RFC 9111, 5.2.2.4",
    it: "validates each time what says no-cache and has a validator",
    answers: [says("no-cache", { etag: '"v1"' }), { status: 304, body: null }],
    asks: twice(2, { status: 200, sends: { "if-none-match": '"v1"' } }),
  },
  {
    clause: "RFC 9111, 5.2.2.4",
    it: "stores nothing that says no-cache and has no validator",
    answers: [says("no-cache")],
    asks: twice(2, { sends: { "if-none-match": null } }),
  },
  {
    clause: "RFC 9111, 5.2.2.2",
    it: "serves nothing stale that must be revalidated",
    options: { staleIfError: 60 },
    answers: [says("max-age=10, must-revalidate, stale-if-error=60"), { status: 503 }],
    asks: twice(2, { after: 20, status: 503 }),
  },
  {
    clause: "RFC 9111, 5.2.2.8",
    it: "serves nothing stale that a proxy must revalidate",
    answers: [says("max-age=10, proxy-revalidate, stale-while-revalidate=60")],
    asks: twice(2, { after: 20 }),
  },
  {
    clause: "RFC 5861, 4",
    it: "replaces a failure by a stale response",
    answers: [says("max-age=10, stale-if-error=60"), { status: 503 }],
    asks: twice(2, { after: 20, status: 200 }),
  },
  {
    clause: "RFC 5861, 4",
    it: "replaces the failure of a request for a range by a part of a stale response",
    answers: [says("max-age=10, stale-if-error=60"), { status: 503 }],
    asks: [
      { calls: 1 },
      { after: 20, headers: { range: "bytes=0-1" }, calls: 2, status: 206, body_: "bo", shows: { age: /^2\d$/ } },
      { after: 20, headers: { range: "bytes=100-" }, calls: 3, status: 416 },
      { after: 20, headers: { range: "bytes=0-1", cookie: "a" }, calls: 4, status: 206 },
      { after: 20, headers: { range: "bytes=0-1", authorization: "a" }, calls: 5, status: 503 },
      { after: 80, headers: { range: "bytes=0-1" }, calls: 6, status: 503 },
    ],
  },
  {
    clause: "RFC 5861, 4",
    it: "replaces no failure of a request for a range by what must be revalidated",
    answers: [says("max-age=10, must-revalidate, stale-if-error=60"), { status: 503 }],
    asks: twice(2, { after: 20, headers: { range: "bytes=0-1" }, status: 503 }),
  },

  // Expires, Age, Date.
  {
    clause: "RFC 9111, 5.3",
    it: "goes by Expires and Date",
    answers: [{ headers: { expires: httpDate(3600), date: httpDate(0) } }],
    asks: twice(1, { after: 40 }),
  },
  {
    clause: "RFC 9111, 5.3",
    it: "goes by max-age in spite of Expires",
    answers: [says("max-age=60", { expires: past })],
    asks: twice(1),
  },
  ...[
    "0",
    "-1",
    httpDate(3600).replace("GMT", "UTC"),
    httpDate(3600).replace("GMT", "EST"),
    httpDate(3600).replace("GMT", "+0000"),
    "Thu, 1 Jan 2099 00:00:00 GMT",
    "2050",
    `${httpDate(3600)}, ${httpDate(3600)}`,
  ].map((date) => ({
    clause: "RFC 9111, 5.3",
    it: `counts Expires: ${date.replace(/\d\d:\d\d/g, "..")} as past`,
    options: { ttl: 60 },
    answers: [{ headers: { expires: date } }],
    asks: twice(2),
  })),
  ...["Thursday, 18-Aug-50 02:01:18 GMT", "Thu Aug  8 02:01:18 2050", "Thu, 18 Aug 2050 02:01:18 GMT"].map((date) => ({
    clause: "RFC 9110, 5.6.7",
    it: `reads ${date}`,
    answers: [{ headers: { expires: date } }],
    asks: twice(1),
  })),
  {
    clause: "RFC 9110, 5.6.7",
    it: "reads a year of two digits that is far ahead as one that is past",
    answers: [{ headers: { expires: "Thursday, 18-Aug-94 02:01:18 GMT" } }],
    asks: twice(2),
  },
  {
    clause: "RFC 9111, 4.2.3",
    it: "counts the Age that a response came with",
    answers: [says("max-age=60", { age: "50" })],
    asks: twice(2, { after: 20 }),
  },
  {
    clause: "RFC 9111, 5.1",
    it: "takes the first of several ages",
    answers: [says("max-age=60", { age: "0, 100" })],
    asks: twice(1, { shows: { age: "0" } }),
  },
  ...["1e3", "70.5", "-70", "70, 0", "abc"].map((age) => ({
    clause: "RFC 9111, 5.1",
    it: `${age === "70, 0" ? "counts" : "ignores"} Age: ${age}`,
    answers: [says("max-age=60", { age })],
    asks: twice(age === "70, 0" ? 2 : 1),
  })),
  {
    clause: "RFC 9111, 4.2.3",
    it: "counts the time since the Date",
    answers: [says("max-age=60", { date: httpDate(-100) })],
    asks: twice(2),
  },
  {
    clause: "RFC 9111, 4.2.3",
    it: "does not mind a Date in the future",
    answers: [says("max-age=60", { date: httpDate(1000) })],
    asks: twice(1, { shows: { age: "0" } }),
  },
  {
    clause: "RFC 9111, 5.1",
    it: "sends Age in whole seconds, never negative",
    answers: [says("max-age=60")],
    asks: [{ calls: 1 }, { after: -5, calls: 1, shows: { age: "0" } }, { after: 7.6, calls: 1, shows: { age: "7" } }],
  },

  // Vary.
  {
    clause: "RFC 9111, 4.1",
    it: "keeps a response for each value of the headers in Vary",
    answers: [says("max-age=60", { vary: "x-a" })],
    asks: [
      { headers: { "x-a": "1" }, calls: 1 },
      { headers: { "x-a": "2" }, calls: 2 },
      { headers: { "x-a": "1" }, calls: 2 },
    ],
  },
  {
    clause: "RFC 9111, 4.1",
    it: "does not mind spaces in lists",
    answers: [says("max-age=60", { vary: "x-a" })],
    asks: [
      { headers: { "x-a": "1, 2" }, calls: 1 },
      { headers: { "x-a": "1,2" }, calls: 1 },
    ],
  },
  {
    clause: "RFC 9111, 4.1",
    it: "stores nothing with Vary: *",
    answers: [says("max-age=60", { vary: "x-a, *" })],
    asks: twice(2),
  },
  {
    clause: "RFC 9111, 4.1",
    it: "counts a malformed Vary as *",
    answers: [says("max-age=60", { vary: "x a, /" })],
    asks: twice(2, { status: 200 }),
  },

  // Validation.
  {
    clause: "RFC 9111, 4.3.1",
    it: "validates a stale response by its ETag",
    answers: [tagged, { status: 304, body: null }],
    asks: twice(2, { after: 20, status: 200, body_: "body 1", sends: { "if-none-match": '"v1"' } }),
  },
  {
    clause: "RFC 9111, 4.3.1",
    it: "validates a stale response by its date",
    answers: [says("max-age=10", { "last-modified": past }), { status: 304, body: null }],
    asks: twice(2, { after: 20, status: 200, body_: "body 1", sends: { "if-modified-since": past } }),
  },
  {
    clause: "RFC 9111, 3.2",
    it: "updates the stored headers by a 304, except those of the body",
    answers: [
      tagged,
      { status: 304, body: null, headers: { "cache-control": "max-age=100", "x-a": "new", "content-length": "99" } },
    ],
    asks: [
      { calls: 1 },
      {
        after: 20,
        calls: 2,
        shows: { "x-a": "new", "content-length": "6", "cache-status": /fwd=stale; fwd-status=304/ },
      },
      { after: 60, calls: 2, shows: { "x-a": "new", etag: '"v1"' } },
    ],
  },
  {
    clause: "RFC 9111, 4.3.3",
    it: "replaces a stale response by a new one",
    answers: [tagged, says("max-age=60", { etag: '"v2"' })],
    asks: [{ calls: 1 }, { after: 20, calls: 2, body_: "body 2" }, { after: 30, calls: 2, body_: "body 2" }],
  },
  {
    clause: "RFC 9111, 4.3.4",
    it: "does not freshen a response by a 304 about another",
    answers: [tagged, { status: 304, body: null, headers: { etag: '"v2"' } }, says("max-age=60", { etag: '"v2"' })],
    asks: twice(3, { after: 20, body_: "body 3", sends: { "if-none-match": null } }),
  },
  {
    clause: "RFC 9111, 4.3.3",
    it: "does not validate where the option is 0",
    options: { validateFor: 0 },
    answers: [tagged],
    asks: twice(2, { after: 20, sends: { "if-none-match": null } }),
  },
  {
    clause: "RFC 9111, 4.3.2",
    it: "answers If-None-Match with 304",
    answers: [tagged],
    asks: twice(1, { headers: { "if-none-match": 'W/"v1", "v0"' }, status: 304, shows: { etag: '"v1"' } }),
  },
  {
    clause: "RFC 9111, 4.3.2",
    it: "answers If-Modified-Since by the Date where there is no Last-Modified",
    answers: [says("max-age=3600", { date: httpDate(0) })],
    asks: twice(1, { headers: { "if-modified-since": httpDate(1) }, status: 304 }),
  },
  {
    clause: "RFC 9110, 13.1.3",
    it: "ignores an If-Modified-Since that is no date",
    answers: [says("max-age=60", { "last-modified": past })],
    asks: twice(1, { headers: { "if-modified-since": "2050" }, status: 200 }),
  },
  {
    clause: "RFC 9110, 13.2.2",
    it: "ignores If-Modified-Since beside If-None-Match",
    answers: [says("max-age=60", { "last-modified": past, etag: '"v1"' })],
    asks: twice(1, { headers: { "if-none-match": '"v2"', "if-modified-since": past }, status: 200 }),
  },

  // The request.
  {
    clause: "RFC 9111, 5.2.1.4",
    it: "makes a new response for no-cache",
    answers: [says("max-age=60")],
    asks: [{ calls: 1 }, { after: 1, headers: { "cache-control": "no-cache" }, calls: 2 }, { after: 2, calls: 2 }],
  },
  {
    clause: "RFC 9111, 5.4",
    it: "makes a new response for Pragma: no-cache",
    answers: [says("max-age=60")],
    asks: twice(2, { headers: { pragma: "no-cache" } }),
  },
  {
    clause: "RFC 9111, 5.4",
    it: "ignores Pragma beside Cache-Control",
    answers: [says("max-age=60")],
    asks: twice(1, { headers: { pragma: "no-cache", "cache-control": "max-age=100" } }),
  },
  {
    clause: "RFC 9111, 5.2.1.1",
    it: "serves what is young enough for max-age",
    answers: [says("max-age=60")],
    asks: [
      { calls: 1 },
      { after: 10, headers: { "cache-control": "max-age=20" }, calls: 1 },
      { after: 30, headers: { "cache-control": "max-age=20" }, calls: 2 },
    ],
  },
  {
    clause: "RFC 9111, 5.2.1.2",
    it: "serves what is stale where max-stale allows it",
    answers: [tagged],
    asks: [{ calls: 1 }, { after: 20, headers: { "cache-control": "max-stale=5" }, calls: 2 }],
  },
  {
    clause: "RFC 9111, 5.2.1.2",
    it: "serves what is stale at once with max-stale",
    answers: [tagged],
    asks: twice(2, { after: 20, headers: { "cache-control": "max-stale" }, body_: "body 1" }),
  },
  {
    clause: "RFC 9111, 5.2.1.3",
    it: "serves only what stays fresh for min-fresh",
    answers: [says("max-age=60")],
    asks: [
      { calls: 1 },
      { headers: { "cache-control": "min-fresh=30" }, calls: 1 },
      { after: 40, headers: { "cache-control": "min-fresh=30" }, calls: 2 },
    ],
  },
  {
    clause: "RFC 9111, 5.2.1.5",
    it: "goes past the store with no-store",
    answers: [says("max-age=60")],
    asks: [
      { headers: { "cache-control": "no-store" }, calls: 1 },
      { calls: 2 },
      { headers: { "cache-control": "no-store" }, calls: 3 },
    ],
  },
  {
    clause: "RFC 9111, 5.2.1.7",
    it: "answers 504 with only-if-cached where nothing is stored",
    answers: [says("max-age=60")],
    asks: [
      { headers: { "cache-control": "only-if-cached" }, calls: 0, status: 504 },
      { calls: 1 },
      { headers: { "cache-control": "only-if-cached" }, calls: 1, status: 200 },
    ],
  },
  {
    clause: "RFC 8246, 2",
    it: "does not make again what is immutable and fresh for a reload, except a forced one",
    answers: [says("max-age=60, immutable")],
    asks: [
      { calls: 1 },
      { after: 5, headers: { "cache-control": "max-age=0" }, calls: 1 },
      { after: 5, headers: { "cache-control": "no-cache" }, calls: 2 },
    ],
  },
  {
    clause: "RFC 9111, 2",
    it: "does not take a fragment for a part of the URL",
    answers: [says("max-age=60")],
    asks: [
      { url: `${url}#one`, calls: 1 },
      { url: `${url}#two`, calls: 1 },
    ],
  },
  {
    clause: "RFC 9111, 2",
    it: "keeps methods apart whatever the key",
    options: { key: () => "same" },
    answers: [says("max-age=60")],
    asks: [
      { method: "HEAD", calls: 1 },
      { calls: 2, body_: "body 2" },
      { method: "HEAD", calls: 2 },
    ],
  },
  {
    clause: "docs: bodies",
    it: "keeps the answers to different bodies apart",
    options: { methods: ["GET", "POST"] },
    answers: [says("max-age=60")],
    asks: [
      { method: "POST", body: "1", calls: 1 },
      { method: "POST", body: "2", calls: 2 },
      { method: "POST", body: "1", calls: 2 },
    ],
  },

  // Invalidation.
  ...["POST", "PUT", "DELETE", "PATCH", "PROPFIND"].map((method) => ({
    clause: "RFC 9111, 4.4",
    it: `forgets what is stored for the URL of a ${method}`,
    answers: [says("max-age=60")],
    asks: [
      { calls: 1 },
      { method, calls: 2 },
      { method: "HEAD", calls: 3 },
      { calls: 4 },
      { method, calls: 5 },
      { method: "HEAD", calls: 6 },
    ],
  })),
  {
    clause: "RFC 9110, 9.3.2",
    it: "answers HEAD from a fresh response to a GET, with its length and without its body",
    answers: [says("max-age=60", { vary: "x-a", etag: '"v1"' })],
    asks: [
      { headers: { "x-a": "1" }, calls: 1 },
      {
        method: "HEAD",
        headers: { "x-a": "1" },
        calls: 1,
        status: 200,
        shows: { "content-length": "6", age: /^\d+$/ },
      },
      { method: "HEAD", headers: { "x-a": "1", "if-none-match": '"v1"' }, calls: 1, status: 304 },
      { method: "HEAD", headers: { "x-a": "1", "cache-control": "no-cache" }, calls: 2 },
      { method: "HEAD", headers: { "x-a": "2" }, calls: 3 },
      { after: 61, method: "HEAD", headers: { "x-a": "1" }, calls: 4 },
    ],
  },
  {
    clause: "RFC 9110, 9.3.2",
    it: "does not answer HEAD from a response to a GET that is for others",
    answers: [{}],
    options: { ttl: 60 },
    asks: [{ calls: 1 }, { method: "HEAD", headers: { cookie: "a=1" }, calls: 2 }],
  },
  {
    clause: "RFC 9110, 9.3.2",
    it: "answers HEAD with only-if-cached from a response to a GET",
    answers: [says("max-age=60")],
    asks: [{ calls: 1 }, { method: "HEAD", headers: { "cache-control": "only-if-cached" }, calls: 1, status: 200 }],
  },
  {
    clause: "RFC 9111, 4.4",
    it: "forgets the variants too",
    answers: [says("max-age=60", { vary: "x-a" })],
    asks: [
      { headers: { "x-a": "1" }, calls: 1 },
      { method: "POST", calls: 2 },
      { headers: { "x-a": "1" }, calls: 3 },
    ],
  },
  {
    clause: "RFC 9111, 4.4",
    it: "forgets what Location and Content-Location name on the same host",
    answers: [
      says("max-age=60"),
      says("max-age=60"),
      { headers: { location: "/b", "content-location": "https://example.com/c" } },
      says("max-age=60"),
    ],
    asks: [
      { url: "https://example.com/b", calls: 1 },
      { url: "https://example.com/c", calls: 2 },
      { method: "POST", calls: 3 },
      { url: "https://example.com/b", calls: 4 },
      { url: "https://example.com/c", calls: 5 },
    ],
  },
  {
    clause: "RFC 9111, 4.4",
    it: "forgets nothing on another host",
    answers: [says("max-age=60"), { headers: { location: "https://example.org/b" } }],
    asks: [
      { url: "https://example.org/b", calls: 1 },
      { method: "POST", calls: 2 },
      { url: "https://example.org/b", calls: 2 },
    ],
  },
  {
    clause: "RFC 9111, 4.4",
    it: "forgets nothing when the request fails",
    answers: [says("max-age=60"), { status: 400 }],
    asks: [{ calls: 1 }, { method: "POST", calls: 2, status: 400 }, { calls: 2 }],
  },
  {
    clause: "RFC 9111, 4.4",
    it: "forgets nothing for OPTIONS, nor when told not to",
    options: { invalidate: false },
    answers: [says("max-age=60")],
    asks: [{ calls: 1 }, { method: "OPTIONS", calls: 2 }, { method: "POST", calls: 3 }, { calls: 3 }],
  },
  {
    clause: "RFC 9111, 4.4",
    it: "asks a key of one's own with a GET",
    options: { key: (request) => `${request.method} ${new URL(request.url).pathname}` },
    answers: [says("max-age=60")],
    asks: [{ calls: 1 }, { method: "POST", calls: 2 }, { calls: 3 }],
  },

  // Ranges.
  {
    clause: "RFC 9110, 14.2",
    it: "answers with a part of what is stored",
    answers: [says("max-age=60")],
    asks: twice(1, {
      headers: { range: "bytes=1-3" },
      status: 206,
      body_: "ody",
      shows: { "content-range": "bytes 1-3/6", "content-length": "3" },
    }),
  },
  {
    clause: "RFC 9110, 14.2",
    it: "answers with the end of what is stored",
    answers: [says("max-age=60")],
    asks: twice(1, { headers: { range: "bytes=-2" }, status: 206, body_: " 1" }),
  },
  {
    clause: "RFC 9110, 14.2",
    it: "answers with all where several parts are asked for",
    answers: [says("max-age=60")],
    asks: twice(1, { headers: { range: "bytes=0-1,3-4" }, status: 200, body_: "body 1" }),
  },
  {
    clause: "RFC 9110, 15.5.17",
    it: "answers 416 for bytes that are not there",
    answers: [says("max-age=60")],
    asks: twice(1, { headers: { range: "bytes=100-" }, status: 416, shows: { "content-range": "bytes */6" } }),
  },
  {
    clause: "RFC 9110, 13.1.5",
    it: "answers with all where If-Range is about another response",
    answers: [says("max-age=60", { etag: '"v1"' })],
    asks: twice(1, { headers: { range: "bytes=0-1", "if-range": '"v0"' }, status: 200 }),
  },
  {
    clause: "RFC 9110, 13.1.5",
    it: "answers with a part where If-Range fits",
    answers: [says("max-age=60", { etag: '"v1"' })],
    asks: twice(1, { headers: { range: "bytes=0-1", "if-range": '"v1"' }, status: 206 }),
  },
  {
    clause: "RFC 9111, 3.3",
    it: "passes a range on where nothing is stored",
    answers: [says("max-age=60")],
    asks: [{ headers: { range: "bytes=0-1" }, calls: 1, sends: { range: "bytes=0-1" } }, { calls: 1 }],
  },

  // Others.
  {
    clause: "RFC 9110, 8.6",
    it: "sends Content-Length with what is stored",
    answers: [says("max-age=60")],
    asks: twice(1, { shows: { "content-length": "6" } }),
  },
  {
    clause: "RFC 9211, 2",
    it: "says what the cache did",
    answers: [says("max-age=60")],
    asks: [
      { calls: 1, shows: { "cache-status": "edge-key-value; fwd=miss" } },
      { calls: 1, shows: { "cache-status": /^edge-key-value; hit; ttl=(59|60)$/ } },
      { method: "POST", calls: 2, shows: { "cache-status": "edge-key-value; fwd=method" } },
    ],
  },
  {
    clause: "RFC 9211, 2",
    it: "says nothing without a name",
    options: { name: false },
    answers: [says("max-age=60")],
    asks: twice(1, { shows: { "cache-status": null } }),
  },
  {
    clause: "RFC 9213, 2.2",
    it: "goes by a targeted header before Cache-Control and Expires",
    options: { cacheControl: ["CDN-Cache-Control", "Cache-Control"] },
    answers: [says("no-store", { "cdn-cache-control": "max-age=60", expires: past })],
    asks: twice(1),
  },
  {
    clause: "RFC 9213, 2.2",
    it: "ignores a targeted header that is no dictionary",
    options: { cacheControl: ["CDN-Cache-Control", "Cache-Control"] },
    answers: [says("max-age=60", { "cdn-cache-control": "max-age=, &" })],
    asks: twice(1),
  },
  {
    clause: "RFC 9213, 2.2",
    it: "ignores targeted headers that no option names",
    answers: [says("max-age=60", { "cdn-cache-control": "no-store" })],
    asks: twice(1),
  },
  {
    clause: "docs: choices",
    it: "keeps nothing that shouldCache refuses, and goes past the cache for bypass",
    options: {
      ttl: 60,
      shouldCache: (response) => response.headers.get("x-a") === null,
      bypass: (request) => request.headers.has("x-b"),
    },
    answers: [{ headers: { "x-a": "1" } }, {}],
    asks: [{ calls: 1 }, { calls: 2 }, { calls: 2 }, { headers: { "x-b": "1" }, calls: 3 }],
  },
];

describe("cachedResponse keeps to", () => {
  for (const { clause, it: what, options = {}, answers, asks } of clauses) {
    it(`${clause}: it ${what}`, async () => {
      const seen: Request[] = [];
      const handler = (request: Request) => {
        seen.push(request);
        const given = answers[Math.min(seen.length, answers.length) - 1]!;
        const {
          status = 200,
          headers = {},
          body = `body ${seen.length}`,
        } = typeof given === "function" ? given(request) : given;
        return new Response(request.method === "HEAD" ? null : body, { status, headers });
      };
      const fetch = cachedResponse(handler, { store: memoryStore(), ...options }).with({});
      for (const [step, ask] of asks.entries()) {
        await at((ask.after ?? 0) * 1000, async () => {
          const { headers = {}, method = "GET", body } = ask;
          const response = await fetch(new Request(ask.url ?? url, { method, headers, ...(body && { body }) }));
          const text = await response.text();
          await new Promise((resolve) => setTimeout(resolve, 1));
          const shown = Object.keys(ask.shows ?? {}).map((name) => {
            const wanted = ask.shows?.[name];
            const value = response.headers.get(name);
            return [name, wanted instanceof RegExp ? wanted.test(value ?? "") || value : value];
          });
          const wanted = Object.entries(ask.shows ?? {}).map(([name, value]) => [
            name,
            value instanceof RegExp ? true : value,
          ]);
          const sent = Object.keys(ask.sends ?? {}).map((name) => [name, seen.at(-1)?.headers.get(name) ?? null]);
          expect({
            step,
            calls: seen.length,
            ...(ask.status && { status: response.status }),
            ...(ask.body_ && { text }),
            shown,
            sent,
          }).toEqual({
            step,
            calls: ask.calls,
            ...(ask.status && { status: ask.status }),
            ...(ask.body_ && { text: ask.body_ }),
            shown: wanted,
            sent: Object.entries(ask.sends ?? {}),
          });
        });
      }
    });
  }
});
