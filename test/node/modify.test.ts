import { describe, expect, it } from "#test";
import { intercept } from "../../src/combinators/index.ts";
import { createStore, memoryStore, toDriver } from "../../src/index.ts";
import { inVirtualTime } from "../support/virtual-time.ts";

describe("changes of one key in a thousand isolates", () => {
  it("all succeed long before their time is up, also that of the unluckiest caller", () =>
    inVirtualTime(async ({ elapsed }) => {
      const { apply: _, ...plain } = toDriver(memoryStore());
      const latency = () => new Promise((resolve) => setTimeout(resolve, 1 + Math.random() * 3));
      const isolate = () =>
        createStore(
          intercept(plain, async (_, proceed) => {
            await latency();
            return proceed();
          }),
        );
      const callers = Array.from({ length: 1000 }, isolate);
      const results = await Promise.all(callers.map((store) => store.update<number>("n", (old) => (old ?? 0) + 1)));
      expect(new Set(results).size).toBe(1000);
      // It takes 4 to 5 seconds. Without a bound on the pauses it took 12 to 19.
      expect(elapsed()).toBeLessThan(8000);
    }));
});
