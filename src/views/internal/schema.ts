import { type ErrorDetails, KeyValueError } from "../../core/errors.ts";

/** The part of Standard Schema, version 1 (standardschema.dev), that `typed` uses. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => Validation<Output> | Promise<Validation<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

type Validation<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** Why a schema refused a value. The `cause` of an `invalid_value` error is a list of the first hundred of these. */
export interface Issue {
  readonly path: readonly PropertyKey[];
  /** The schema's message, with `…` in place of everything that it repeats of the value; only `…` where it is very long. */
  readonly message: string;
}

/** How many issues an error keeps, how many of them a message lists, and the longest length of a message. */
const KEPT_ISSUES = 100;
const LISTED_ISSUES = 10;
const MESSAGE_LENGTH = 1000;

/** Makes an `invalid_value` error. It says what is wrong and where, and contains nothing of the value. */
export function invalid(value: unknown, found: readonly SchemaIssue[], details: ErrorDetails): KeyValueError {
  const redact = redactor(value);
  const issues = found.slice(0, KEPT_ISSUES).map((issue): Issue => {
    // A library may return a subclass of Array, which `map` would keep.
    const path = Array.from(issue.path ?? [], (part) => (typeof part === "object" ? part.key : part));
    return { path, message: redact(issue.message) };
  });
  const listed = issues
    .slice(0, LISTED_ISSUES)
    .map(({ path, message }) => `${["value", ...path.map(String)].join(".")}: ${message}`);
  const message = listed.join("; ").slice(0, MESSAGE_LENGTH);
  return new KeyValueError("invalid_value", message, { ...details, cause: issues });
}

/** Calls `visit` with each text by which a message could give the value away. */
function eachText(value: unknown, visit: (text: string) => void): void {
  if (typeof value === "object" && value !== null) {
    for (const part of Object.values(value)) eachText(part, visit);
  } else if (value !== null && value !== "") {
    visit(`${value}`);
    visit(JSON.stringify(value).replace(/^"|"$/g, ""));
  }
}

/** A whole word, or a character between words. */
const TOKEN = /[\p{L}\p{N}_]+|[^\p{L}\p{N}_]/u;
const STARTS_WITH_WORD = /^[\p{L}\p{N}_]/u;

/**
 * Makes a function that replaces what a message repeats of a value, where it stands as whole words: `a` in `received "a"`, not in
 * `invalid`.
 *
 * A value may have millions of parts, and a schema may quote all of them. So it does not look for each part in each message: it
 * looks up what stands in the message.
 */
function redactor(value: unknown): (message: string) => string {
  const secrets = new Set<string>();
  /** The lengths of those that begin with a token. */
  const lengths = new Map<string, Set<number>>();
  eachText(value, (text) => {
    // No message that is shown could hold a longer one.
    if (text.length > MESSAGE_LENGTH) return;
    const [start] = TOKEN.exec(text) as unknown as [string];
    secrets.add(text);
    lengths.set(start, (lengths.get(start) ?? new Set<number>()).add(text.length));
  });

  return (message) => {
    if (message.length > MESSAGE_LENGTH) return "…";
    let shown = "";
    let hiddenTo = 0;
    let isAfterWord = false;
    for (const { 0: token, index } of message.matchAll(new RegExp(TOKEN, "gu"))) {
      let end = index;
      for (const length of isAfterWord ? [] : (lengths.get(token) ?? [])) {
        const after = index + length;
        if (!secrets.has(message.slice(index, after))) continue;
        if (!STARTS_WITH_WORD.test(message.slice(after, after + 2))) end = Math.max(end, after);
      }
      if (end > index && index >= hiddenTo) shown += "…";
      hiddenTo = Math.max(hiddenTo, end);
      if (index >= hiddenTo) shown += token;
      isAfterWord = STARTS_WITH_WORD.test(token);
    }
    return shown;
  };
}
