import type { AsyncKeyValue } from "../../../src/index.ts";
import { sleep } from "../caching.ts";
import { CALL } from "./backends.ts";
import { isolatesOf, type Scenario, scenario } from "./scenario.ts";
import type { World } from "./world.ts";

/** Deadlines that a writer sets and readers look at, all by clocks that are off by so much at most. */
export function deadlines(
  what: string,
  promise: string,
  off: number,
  make: (world: World) => () => AsyncKeyValue,
): Scenario {
  return scenario(
    what,
    promise,
    // A reader decides when the reply is there, and the writer sets the deadline before the call.
    2 * off + CALL,
    async (world) => {
      const store = make(world);
      const ttl = world.between(5000, 200_000);
      const writer = store();
      await world.underClock(world.between(-off, off), () => writer.put("k", 1, { ttl: ttl / 1000 }));
      const put = world.now();
      let worst = 0;
      await Promise.all(
        isolatesOf(() =>
          world.underClock(world.between(-off, off), async () => {
            const reader = store();
            while (world.now() < put + ttl + 300_000) {
              const began = world.now();
              const found = await reader.get("k");
              // Late: there after the deadline. Early: gone before it.
              worst = Math.max(worst, found === null ? put + ttl - world.now() : began - put - ttl);
              await sleep(world.between(1, 5000));
            }
          }),
        ),
      );
      return worst;
    },
  );
}
