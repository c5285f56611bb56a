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
const vitest = process.listeners("unhandledRejection") as Report[];
const pending = new Set<Promise<unknown>>();

const hold: Report = (reason, promise) => {
  pending.add(promise);
  setTimeout(() => {
    if (!pending.delete(promise)) return;
    // Vitest stays silent while it is not the only listener.
    process.off("unhandledRejection", hold);
    for (const report of vitest) report(reason, promise);
    process.on("unhandledRejection", hold);
  }, grace);
};

process.on("unhandledRejection", hold);
process.on("rejectionHandled", (promise: Promise<unknown>) => pending.delete(promise));

afterAll(async () => {
  if (pending.size) await new Promise((resolve) => setTimeout(resolve, 2 * grace));
});
