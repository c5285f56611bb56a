import { type ErrorDetails, KeyValueError } from "../../core/errors.ts";

/** What a validation library offers: version 1 of Standard Schema (standardschema.dev), as far as it is used here. */
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

/** One thing that a schema finds wrong: the `cause` of an `invalid_value` error is a list of them. */
export interface Issue {
  readonly path: readonly PropertyKey[];
  /** The schema's message, with `…` where it repeats what is in the value. */
  readonly message: string;
}

/** An `invalid_value` error that says what is wrong and where, and nothing of what is in the value. */
export function invalid(value: unknown, found: readonly SchemaIssue[], details: ErrorDetails): KeyValueError {
  const issues = found.map((issue): Issue => {
    // Not `map`, which keeps a library's subclass of Array.
    const path = Array.from(issue.path ?? [], (part) => (typeof part === "object" ? part.key : part));
    return { path, message: redact(issue.message, texts(value)) };
  });
  const listed = issues
    .slice(0, 10)
    .map(({ path, message }) => `${["value", ...path.map(String)].join(".")}: ${message}`);
  return new KeyValueError("invalid_value", listed.join("; ").slice(0, 1000), { ...details, cause: issues });
}

/** The texts by which a message could give away what is in a value; the longest first. */
function texts(value: unknown): string[] {
  const found = new Set<string>();
  const visit = (part: unknown): void => {
    if (typeof part === "object" && part !== null) Object.values(part).forEach(visit);
    else if (part !== null && part !== "") found.add(`${part}`).add(JSON.stringify(part).replace(/^"|"$/g, ""));
  };
  visit(value);
  return [...found].sort((a, b) => b.length - a.length);
}

/** Replaces texts that stand for themselves: `a` in `received "a"`, not in `invalid`. */
function redact(message: string, secrets: readonly string[]): string {
  for (const secret of secrets) {
    if (!message.includes(secret)) continue;
    const escaped = secret.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
    message = message.replace(new RegExp(`(?<![\\p{L}\\p{N}_])${escaped}(?![\\p{L}\\p{N}_])`, "gu"), "…");
  }
  return message;
}
