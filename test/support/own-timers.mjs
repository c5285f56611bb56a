/* Timers of one test alone. Plain JavaScript, since the types of workerd do not know `node:async_hooks`. */
import { AsyncLocalStorage } from "node:async_hooks";

/**
 * Runs a test's work with `setTimeout` and `clearTimeout` replaced by `fakes`, which may use the real ones. Only what the
 * work itself calls is replaced: on Workers the test files share one isolate, and others may have left timers running.
 */
export async function withTimers(fakes, work) {
  const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
  const inside = new AsyncLocalStorage();
  const replaced = ["setTimeout", "clearTimeout"].map((name) => [
    name,
    (...args) => (inside.getStore() && fakes[name] ? fakes[name] : real[name])(...args),
  ]);
  Object.assign(globalThis, Object.fromEntries(replaced));
  try {
    return await inside.run(true, work);
  } finally {
    Object.assign(globalThis, real);
  }
}
