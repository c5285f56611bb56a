// Mixed load on a store: several clients at once, each with collections of its own and a model of what must be there.
import { createModel } from "./model.mjs";
import { createOperations } from "./operations.mjs";

/** Problems to keep; the others are only counted. */
const KEPT = 20;

/**
 * Makes load for a store. `run(isOver)` returns once all clients have seen that it is over; it can be called again.
 *
 * Without a seed it draws one. `tolerance` is how many milliseconds an entry may live longer or shorter than its TTL.
 */
export function createLoad(store, { seed = Math.floor(Math.random() * 1e9), clients = 8, tolerance = 300 } = {}) {
  const report = { seed, operations: 0, wrong: 0, problems: [] };
  const shared = { increments: 0 };

  function note(problem) {
    report.wrong++;
    if (report.problems.length < KEPT) report.problems.push(problem);
  }

  const all = Array.from({ length: clients }, (_, client) => {
    const random = randomOf(seed + client * 7919);
    const models = new Map(Array.from({ length: 3 }, (_, i) => [`client ${client}, ${i}`, createModel(tolerance)]));
    return { random, operations: createOperations({ store, models, random, shared, note, client }) };
  });

  async function runClient({ random, operations }, isOver) {
    while (!isOver()) {
      const operation = operations[Math.floor(random() * operations.length)];
      try {
        await operation();
      } catch (error) {
        note(`${operation.name} failed: ${error?.code ?? ""} ${error?.message ?? error}`);
      }
      // Timers and connections get their turn as well.
      if (++report.operations % 100 === 0) await new Promise((resolve) => setTimeout(resolve));
    }
  }

  return {
    report,
    async run(isOver) {
      await Promise.all(all.map((client) => runClient(client, isOver)));
    },
    /** Compares what all clients have counted together. Call it when nothing is under way. */
    async finish() {
      if (typeof store.increment !== "function") return;
      const sum = (await store.get("sum", { collection: "shared" })) ?? 0;
      if (sum !== shared.increments) note(`${shared.increments} increments of all clients are ${sum}`);
    },
  };
}

/** Numbers from 0 to 1, the same for the same seed. */
function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
