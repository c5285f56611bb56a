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

/** Why a schema refused a value. The `cause` of an `invalid_value` error is a list of these. */
export interface Issue {
  readonly path: readonly PropertyKey[];
  /** The schema's message, with `…` in place of everything that it repeats of the value. */
  readonly message: string;
}

/** How many issues a message lists, and its longest length. */
const LISTED_ISSUES = 10;
const MESSAGE_LENGTH = 1000;

/** Makes an `invalid_value` error. It says what is wrong and where, and contains nothing of the value. */
export function invalid(value: unknown, found: readonly SchemaIssue[], details: ErrorDetails): KeyValueError {
  const issues = found.map((issue): Issue => {
    // A library may return a subclass of Array, which `map` would keep.
    const path = Array.from(issue.path ?? [], (part) => (typeof part === "object" ? part.key : part));
    return { path, message: redact(issue.message, texts(value)) };
  });
  const listed = issues
    .slice(0, LISTED_ISSUES)
    .map(({ path, message }) => `${["value", ...path.map(String)].join(".")}: ${message}`);
  const message = listed.join("; ").slice(0, MESSAGE_LENGTH);
  return new KeyValueError("invalid_value", message, { ...details, cause: issues });
}

/** Returns the texts by which a message could give the value away, the longest first. */
function texts(value: unknown): string[] {
  const found = new Set<string>();
  const visit = (part: unknown): void => {
    if (typeof part === "object" && part !== null) Object.values(part).forEach(visit);
    else if (part !== null && part !== "") found.add(`${part}`).add(JSON.stringify(part).replace(/^"|"$/g, ""));
  };
  visit(value);
  return [...found].sort((a, b) => b.length - a.length);
}

/** Replaces secrets where they are whole words: `a` in `received "a"`, not in `invalid`. */
function redact(message: string, secrets: readonly string[]): string {
  for (const secret of secrets) {
    if (!message.includes(secret)) continue;
    const escaped = secret.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
    message = message.replace(new RegExp(`(?<![\\p{L}\\p{N}_])${escaped}(?![\\p{L}\\p{N}_])`, "gu"), "…");
  }
  return message;
}
