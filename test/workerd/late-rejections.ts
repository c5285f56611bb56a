// workerd reports a rejection at the end of the turn in which it happens, even when the code handles it a turn later, as callers
// of a platform's streams and promises must. This setup passes on to Vitest only what nobody has handled a moment later.
import { afterAll } from "vitest";

/** Milliseconds in which a rejection may still be handled. */
const grace = 100;
// Some tests replace the timers.
const { setTimeout } = globalThis;

type Report = (reason: unknown, promise: Promise<unknown>) => void;
/** As `nodejs_compat` brings it. */
declare const process: {
  listeners(event: string): unknown[];
  on(event: string, listener: (...args: never[]) => unknown): void;
  off(event: string, listener: Report): void;
};

/** Test files share one global object, so the first of them starts what all of them use. */
const shared = globalThis as { lateRejections?: Set<Promise<unknown>> };
const pending = (shared.lateRejections ??= listen());

function listen(): Set<Promise<unknown>> {
  const unhandled = new Set<Promise<unknown>>();
  const hold: Report = (reason, promise) => {
    unhandled.add(promise);
    setTimeout(() => {
      if (!unhandled.delete(promise)) return;
      // Vitest stays silent while it is not the only listener.
      process.off("unhandledRejection", hold);
      for (const report of process.listeners("unhandledRejection") as Report[]) report(reason, promise);
      process.on("unhandledRejection", hold);
    }, grace);
  };
  process.on("unhandledRejection", hold);
  process.on("rejectionHandled", (promise: Promise<unknown>) => unhandled.delete(promise));
  return unhandled;
}

afterAll(async () => {
  if (pending.size) await new Promise((resolve) => setTimeout(resolve, 2 * grace));
});
