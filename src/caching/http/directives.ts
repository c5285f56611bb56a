/** The directives of a `Cache-Control` header by lower-case name; one without a value has "". */
export type Directives = ReadonlyMap<string, string>;

/** Directives that count even if they are malformed: missing one would show a response to others. */
const RESTRICTIVE = new Set(["no-store", "private", "no-cache"]);

/** A list member: characters and quoted strings up to the next comma (RFC 9110, 5.6.1 and 5.6.4). */
const MEMBER = /(?:[^,"]|"(?:[^"\\]|\\.)*")+/g;

/** A name, and perhaps a value, without spaces around the sign (RFC 9111, 5.2). */
const DIRECTIVE = /^([\w!#$%&'*+\-.^`|~]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*)))?$/;

/** Reads a `Cache-Control` header (RFC 9111, 5.2). Of a repeated directive the first counts (4.2.1). */
export function directivesIn(text: string | null): Directives {
  const directives = new Map<string, string>();
  const add = (name: string, value: string): void => {
    const lower = name.toLowerCase();
    if (!directives.has(lower)) directives.set(lower, value);
  };
  for (const member of membersOf(text ?? "")) {
    const [, name, quoted, plain] = DIRECTIVE.exec(member.trim()) ?? [];
    if (name) add(name, quoted?.replace(/\\(.)/g, "$1") ?? plain ?? "");
    else for (const word of member.toLowerCase().match(/[\w-]+/g) ?? []) if (RESTRICTIVE.has(word)) add(word, "");
  }
  return directives;
}

/** With a quote that is not closed, nothing is taken for quoted: a directive could hide behind it. */
function membersOf(text: string): readonly string[] {
  const isClosed = text.replace(/"(?:[^"\\]|\\.)*"/g, "").indexOf('"') < 0;
  return isClosed ? (text.match(MEMBER) ?? []) : text.split(/[",]/);
}

/** A member of a structured dictionary with an integer, a string, a token, a boolean or nothing (RFC 8941, 3.2). */
const DICTIONARY_MEMBER =
  /^([a-z*][a-z0-9_\-.*]*)(?:=(-?\d{1,15}|"(?:[ !#-[\]-~]|\\["\\])*"|[A-Za-z*][\w!#$%&'*+\-.^`|~:/]*|\?[01]))?(?:;.*)?$/;

/**
 * Reads a targeted header such as `CDN-Cache-Control` (RFC 9213, 2.2), which is a structured dictionary. Returns nothing
 * when it is not: then the next header counts.
 */
function targetedDirectives(text: string): Directives | undefined {
  const directives = new Map<string, string>();
  for (const member of membersOf(text)) {
    const [, name, value = ""] = DICTIONARY_MEMBER.exec(member.trim()) ?? [];
    if (!name) return undefined;
    if (value !== "?0") directives.set(name, value === "?1" ? "" : value);
  }
  return directives.size > 0 ? directives : undefined;
}

/** The directives for a response, and whether a targeted header has them: that one overrides `Expires` as well. */
export interface Said {
  readonly directives: Directives;
  readonly targeted: boolean;
}

/** Reads the first of the headers that is there and valid (RFC 9213, 2.2). */
export function saidBy(headers: Headers, names: readonly string[]): Said {
  for (const name of names) {
    const text = headers.get(name);
    if (text === null || name.toLowerCase() === "cache-control") continue;
    const directives = targetedDirectives(text);
    if (directives) return { directives, targeted: true };
  }
  return { directives: directivesIn(headers.get("cache-control")), targeted: false };
}

/** The seconds of a directive. Anything but a whole number counts as 0, so the response is stale (RFC 9111, 4.2.1). */
export function secondsOf(directives: Directives, name: string): number | undefined {
  const value = directives.get(name);
  return value === undefined ? undefined : /^\d+$/.test(value) ? Math.min(Number(value), 2 ** 31) : 0;
}
