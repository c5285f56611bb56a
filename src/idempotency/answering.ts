import { hooksOf } from "../caching/hooks.ts";
import { type ResponseRecord, toResponse } from "../caching/http/records.ts";
import { joined, utf8 } from "../core/bytes.ts";
import { string } from "../core/checks.ts";
import type { Awaitable } from "../core/driver.ts";
import { KeyValueError } from "../core/errors.ts";
import { type ClaimingStore, claim, type Keeping } from "./attempts.ts";
import * as problems from "./problems.ts";
import { bodyOf, contentOf, credentialsOf, digest, keyOf, type RequestBytes } from "./request.ts";
import { run } from "./run.ts";

/** How requests are answered, with all defaults filled in. */
export interface AnsweringOptions<Args extends readonly unknown[]> extends Keeping {
  readonly store: ClaimingStore;
  readonly handler: (request: Request, ...args: Args) => Awaitable<Response>;
  /** Returns who is calling. Without it, the credentials of a request are a part of its fingerprint. */
  readonly callerOf: ((request: Request, ...args: Args) => Awaitable<string>) | undefined;
  readonly fingerprint: ((request: Request, body: RequestBytes) => Awaitable<string>) | undefined;
  readonly required: boolean;
  readonly methods: readonly string[];
  readonly maxBytes: number;
  /** Milliseconds between two renewals of a claim. */
  readonly renewal: number;
  readonly isFinal: (response: Response) => Awaitable<boolean>;
  readonly refusal: (problem: problems.IdempotencyProblem, request: Request) => Awaitable<Response>;
  readonly waitUntil: ((promise: Promise<unknown>) => void) | undefined;
  readonly onError: ((error: unknown, request: Request) => void) | undefined;
}

/** Answers a request: with the handler's response, a stored one, or a refusal. */
export type Answer<Args extends readonly unknown[]> = (
  request: Request,
  args: Args,
  scope: object | undefined,
) => Promise<Response>;

/** Answers requests, each by one run of the handler. */
export function answering<Args extends readonly unknown[]>(options: AnsweringOptions<Args>): Answer<Args> {
  const { store, handler, callerOf, fingerprint, required, methods, maxBytes, refusal } = options;

  return async (request, args, scope) => {
    if (!methods.includes(request.method)) return handler(request, ...args);
    const header = request.headers.get("idempotency-key");
    if (header === null) return required ? refusal(problems.MISSING, request) : handler(request, ...args);
    const key = keyOf(header);
    if (key === undefined) return refusal(problems.MALFORMED, request);
    const body = await bodyOf(request, maxBytes);
    if (!body) return refusal(problems.TOO_LARGE, request);

    const caller = callerOf ? string(await callerOf(request, ...args), "the result of scope") : null;
    const content = fingerprint
      ? utf8(string(await fingerprint(request, body), "the result of fingerprint"))
      : contentOf(request, body);
    const { onError, waitUntil } = options;
    const hooks = hooksOf({ waitUntil, onError: onError && ((error) => onError(error, request)) });
    const found = await claim(
      store,
      await digest(utf8(JSON.stringify([caller, key]))),
      await digest(callerOf ? content : joined([credentialsOf(request), content])),
      options,
      (work) => hooks.keepAlive(work, scope, key),
    );
    switch (found.state) {
      case "running":
        return refusal(problems.RUNNING, request);
      case "reused":
        return refusal(problems.REUSED, request);
      case "finished":
        return found.response ? replay(found.response) : refusal(problems.NOT_STORED, request);
    }
    const report = (error: unknown) => hooks.report(error, key);
    const work = run(found.attempt, () => handler(request, ...args), { ...options, report });
    hooks.keepAlive(work, scope, key);
    return work;
  };
}

/** A stored response, marked as such. */
function replay(record: ResponseRecord): Response {
  const response = toResponse(record);
  if (!response) throw new KeyValueError("corrupted", "the stored response cannot be read");
  response.headers.set("idempotent-replayed", "true");
  return response;
}
