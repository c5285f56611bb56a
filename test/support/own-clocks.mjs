/* Clocks that differ from client to client. Plain JavaScript, since the types of workerd do not know `node:async_hooks`. */
import { AsyncLocalStorage } from "node:async_hooks";
import { afterAll, beforeAll } from "#test";

/**
 * Gives the clients of a file clocks of their own: of three clients one is right, one a minute ahead, one a minute behind.
 * `pass` lets seconds pass for all.
 */
export function ownClocks() {
  const { now } = Date;
  const off = new AsyncLocalStorage();
  let passed = 0;
  beforeAll(() => {
    Date.now = () => now() + passed + (off.getStore() ?? 0);
  });
  afterAll(() => {
    Date.now = now;
  });
  return {
    pass(seconds) {
      passed += seconds * 1000;
    },
    as: (client, work) => off.run(((client % 3) - 1) * 60_000, work),
  };
}
