import { onWorkers } from "../core/runtime.ts";

/**
 * The scope of calls that name none: the function itself. On Workers there is none: the function may outlive a request, and
 * a request must not wait for a promise of another one.
 */
export function ownScope(): object | undefined {
  return onWorkers() ? undefined : {};
}

/** Whether a scope keeps itself alive for work that goes on after an answer. */
export function hasWaitUntil(scope: object | undefined): scope is { waitUntil(promise: Promise<unknown>): void } {
  return typeof (scope as { waitUntil?: unknown } | undefined)?.waitUntil === "function";
}
