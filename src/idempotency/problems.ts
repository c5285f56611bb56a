/** Why a request was refused, as the members of a problem document (RFC 9457). */
export interface IdempotencyProblem {
  readonly status: 400 | 409 | 410 | 413 | 422;
  readonly title: string;
  readonly detail: string;
}

/** No key where one is required. */
export const MISSING: IdempotencyProblem = {
  status: 400,
  title: "Idempotency-Key is missing",
  detail: "Send an Idempotency-Key header with a unique value, and the same value with every retry.",
};

/** A key that cannot be read. */
export const MALFORMED: IdempotencyProblem = {
  status: 400,
  title: "Idempotency-Key is malformed",
  detail: "The Idempotency-Key header must hold one string of 1 to 255 characters.",
};

/** The first request with this key has not finished. */
export const RUNNING: IdempotencyProblem = {
  status: 409,
  title: "A request with this Idempotency-Key is still running",
  detail: "Wait, and send the request again to receive its response.",
};

/** The first request with this key has finished, and its response was not stored. */
export const NOT_STORED: IdempotencyProblem = {
  status: 410,
  title: "The response to this Idempotency-Key is no longer available",
  detail: "The request was processed, but its response could not be stored. Do not send the request again.",
};

/** A body that is too large to fingerprint. */
export const TOO_LARGE: IdempotencyProblem = {
  status: 413,
  title: "The request is too large for an Idempotency-Key",
  detail: "Send a smaller body.",
};

/** The key belongs to another request. */
export const REUSED: IdempotencyProblem = {
  status: 422,
  title: "Idempotency-Key is already used",
  detail: "This key belongs to another request. Use a new key for each request, and repeat it only for retries.",
};

/** The response for a problem; `documentation` is the URL of a page that explains how to use keys. */
export function problemResponse(problem: IdempotencyProblem, documentation: string | undefined): Response {
  const headers = new Headers({ "content-type": "application/problem+json" });
  if (problem === RUNNING) headers.set("retry-after", "1");
  if (documentation !== undefined) headers.set("link", `<${documentation}>; rel="describedby"; type="text/html"`);
  const body = documentation === undefined ? problem : { type: documentation, ...problem };
  return new Response(JSON.stringify(body), { status: problem.status, headers });
}
