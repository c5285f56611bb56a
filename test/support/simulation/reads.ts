import type { AsyncKeyValue } from "../../../src/index.ts";
import { sleep } from "../caching.ts";
import { isolatesOf, type Scenario, scenario } from "./scenario.ts";
import { history, type World } from "./world.ts";

/** Lets isolates read a key while one after the other of them writes it. Returns by how much the worst reader was late. */
async function readWhileWriting(
  world: World,
  stores: readonly AsyncKeyValue[],
  { writes, pause, look }: { writes: number; pause: number; look: number },
): Promise<number> {
  const { acknowledge, see, worst } = history(world);
  let ended = false;
  const readers = stores.map(async (store) => {
    while (!ended) {
      const began = world.now();
      see((await store.get<number>("k")) ?? 0, began);
      await sleep(world.between(1, look));
    }
  });
  for (let version = 1; version <= writes; version++) {
    await sleep(world.between(1000, pause));
    await world.pick(stores).put("k", version);
    acknowledge(version);
  }
  await sleep(pause);
  ended = true;
  await Promise.all(readers);
  return worst();
}

/** Reads of a key that others write. */
export const reads = (
  what: string,
  promise: string,
  bound: number,
  make: (world: World) => () => AsyncKeyValue,
  pace: { writes: number; pause: number; look: number },
): Scenario => scenario(what, promise, bound, (world) => readWhileWriting(world, isolatesOf(make(world)), pace));
