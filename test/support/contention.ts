import { describe, expect, it } from "#test";
import { intercept } from "../../src/combinators/index.ts";
import { createStore, type Store, toDriver } from "../../src/index.ts";
import { lock, tryLock } from "../../src/lock.ts";
import { rateLimit } from "../../src/rate-limit.ts";
import { seeds } from "./histories.ts";
import { onlyEncrypted } from "./stacks.mjs";

type Atomic = Store<"swap">;

/** How many callers of one key come at once. `npm run histories` has more of them than a usual run. */
const [CALLERS, UPDATERS] = seeds(0) > 0 ? [1000, 400] : [250, 150];

/** A backend under load, and the number of calls that it got. */
export interface CountedBackend {
  /** Makes a store over the same entries, as another isolate has it. */
  store(): Atomic;
  /** The calls since the last time. */
  calls(): number | Promise<number>;
}

/** Has work done with a backend of its own, where the entries are: a backend may be an object. */
export type WithBackend = (work: (backend: CountedBackend) => Promise<void>) => Promise<void>;

/** Counts the calls to the drivers of stores: for backends that are in the process, or whose clients are many. */
export function countingDrivers(make: () => Atomic): CountedBackend {
  let made = 0;
  const counted = () =>
    intercept(toDriver(make()), (_, proceed) => {
      made++;
      return proceed();
    });
  const calls = () => {
    const since = made;
    made = 0;
    return since;
  };
  return { store: () => createStore(counted()), calls };
}

const times = <T>(count: number, call: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => call(i));
const upTo = (count: number): number[] => times(count, (i) => i + 1);
const ascending = (a: number, b: number): number => a - b;

/** What a lone caller pays, and many callers of one key, on a backend that applies operations. */
export function operationsAreOneCall(title: string, withBackend: WithBackend): void {
  describe(`atomic operations on ${title}`, () => {
    it("are one call for a lone caller, and an update is two", () =>
      withBackend(async ({ store: make, calls }) => {
        const store = make();
        const limit = { limit: 5, window: 600 };
        // The first call of a store may ask for more, such as the number of shards.
        await store.getMany(upTo(50).map((i) => `k${i}`));
        await rateLimit(store, "first", limit);
        await tryLock(store, "first", { ttl: 60 });
        await calls();
        const version = async () => (await store.getWithVersion("n"))?.version ?? "none";
        const costs: [cost: number, call: () => Promise<unknown>][] = [
          [1, () => store.increment("n")],
          [1, () => store.increment("n")],
          [1, () => store.putIfAbsent("n", 1)],
          [1, () => store.putIfAbsent("new", 1, { ttl: 60 })],
          [1, () => store.touch("n", 60)],
          [1, () => store.take("new")],
          [1, () => store.take("new")],
          [1, version],
          [2, async () => store.putIfVersion("n", 1, await version())],
          [2, async () => store.deleteIfVersion("n", await version())],
          [2, () => store.update<number>("u", (old) => (old ?? 0) + 1)],
          [2, () => store.update<number>("u", (old) => (old ?? 0) + 1)],
          [2, () => store.update("u", () => null)],
          [1, () => rateLimit(store, "k", limit)],
          [1, () => rateLimit(store, "k", limit)],
          [1, () => tryLock(store, "k", { ttl: 60 })],
          [1, () => tryLock(store, "k", { ttl: 60 })],
          [1, () => lock(store, "free", { ttl: 60 })],
        ];
        for (const [i, [cost, call]] of costs.entries()) {
          await call();
          expect([i, `${call}`, await calls()]).toEqual([i, `${call}`, cost]);
        }
      }));

    it(`are one call each for ${CALLERS} callers of one key, and none of them loses`, () =>
      withBackend(async ({ store: make, calls }) => {
        const store = make();
        await store.get("n");
        await rateLimit(store, "k", { limit: 100, window: 600, cost: 0 });
        await calls();
        const sums = await Promise.all(times(CALLERS, () => store.increment("n")));
        expect(sums.sort(ascending)).toEqual(upTo(CALLERS));
        expect(await calls()).toBe(CALLERS);

        await store.put("token", "secret");
        await calls();
        const taken = await Promise.all(times(CALLERS, () => store.take("token")));
        expect(taken.filter((value) => value !== null)).toEqual(["secret"]);
        expect(await calls()).toBe(CALLERS);

        const results = await Promise.all(times(CALLERS, () => rateLimit(store, "k", { limit: 100, window: 600 })));
        expect(results.filter(({ allowed }) => allowed).length).toBe(100);
        expect(await calls()).toBe(CALLERS);

        const first = await Promise.all(times(200, () => store.putIfAbsent("first", 1)));
        expect(first.filter(Boolean).length).toBe(1);
        const held = await Promise.all(times(200, () => tryLock(store, "job", { ttl: 60 })));
        expect(held.filter(Boolean).length).toBe(1);
        expect(await calls()).toBe(400);
      }));

    it("let one of many waiting callers have a lock, with tokens that grow", () =>
      withBackend(async ({ store: make }) => {
        let inside = 0;
        const tokens: number[] = [];
        await Promise.all(
          times(12, async () => {
            const held = await lock(make(), "turn", { ttl: 60, signal: AbortSignal.timeout(50_000) });
            expect(++inside).toBe(1);
            tokens.push(held.token);
            await null;
            inside--;
            expect(await held.release()).toBe(true);
          }),
        );
        expect(tokens).toEqual([...new Set(tokens)].sort(ascending));
        expect(tokens.length).toBe(12);
      }));
  });
}

/** The same backend through `encrypt`. */
export function throughEncrypt(withBackend: WithBackend): WithBackend {
  return (work) => withBackend(({ store, calls }) => work({ store: () => onlyEncrypted(store()), calls }));
}

/** That updates of one key all succeed, with calls that grow no faster than N log N. */
export function updatesSucceed(title: string, withBackend: WithBackend): void {
  it(`${UPDATERS} updates of one key at once all succeed on ${title}`, () =>
    withBackend(async ({ store: make, calls }) => {
      for (const count of [50, UPDATERS]) {
        // Half of the callers have a store of their own, as those of other isolates do.
        const shared = make();
        await shared.put("n", 0);
        await calls();
        const updates = times(count, (i) => (i % 2 ? shared : make()).update<number>("n", (old) => (old ?? 0) + 1));
        const results = (await Promise.all(updates)) as number[];
        expect(results.sort(ascending)).toEqual(upTo(count));
        const made = await calls();
        const share = made / count / Math.log2(count);
        console.log(`${title}: ${count} updates at once, ${made} calls, ${share.toFixed(2)} N log2 N`);
        expect(share).toBeLessThan(3);
      }
    }));
}
