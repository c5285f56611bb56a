/**
 * The scope of calls that name none: the function itself, but none on Cloudflare Workers, where the function may
 * outlive a request, and one request must not wait for a promise of another.
 */
export function ownScope(): object | undefined {
  return (globalThis as { navigator?: { userAgent?: string } }).navigator?.userAgent === "Cloudflare-Workers"
    ? undefined
    : {};
}

/** Whether a scope keeps itself alive for work that goes on after an answer. */
export function hasWaitUntil(scope: object | undefined): scope is { waitUntil(promise: Promise<unknown>): void } {
  return typeof (scope as { waitUntil?: unknown } | undefined)?.waitUntil === "function";
}
