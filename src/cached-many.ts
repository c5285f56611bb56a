import { type Asked, batchMaking } from "./caching/batch-making.ts";
import { type Batch, batchesOf } from "./caching/batches.ts";
import { secondsSince } from "./caching/hooks.ts";
import { recaller } from "./caching/recaller.ts";
import { type ResultOptions, resultRules } from "./caching/result-options.ts";
import { copied, isPlainData, type Made } from "./caching/results.ts";
import { ownScope } from "./caching/scope.ts";
import { haveStayed } from "./caching/tags.ts";
import { checkOptions, refuse } from "./core/checks.ts";
import type { Awaitable } from "./core/driver.ts";
import type { AsyncKeyValue } from "./core/protocol.ts";

/** Options of {@link cachedMany}. */
export interface CachedManyOptions<Id, R> extends Omit<ResultOptions<[id: Id], R>, "lock"> {
  /** Returns the key of the result of one id. */
  readonly key: (id: Id) => string;
}

/** A function of many ids whose results are kept in a store. */
export interface CachedMany<Id, R> {
  /** Returns the results in the order of the ids. */
  (ids: readonly Id[]): Promise<R[]>;
  /**
   * Removes stored results, and keeps those out that this function is making.
   *
   * @throws KeyValueError when the store fails.
   */
  invalidate(ids: readonly Id[]): Promise<void>;
  /** The same function for one request, as `with` of `cached`. */
  with(scope: object): CachedMany<Id, R>;
}

/**
 * Keeps the results of a function that makes many at once. One call is one read of the store, at most one call of the
 * function with the ids that are missing, and one write.
 *
 * `fn` returns one result for each id, in the same order. Options and stored results are those of `cached`, which can
 * share them: give both the same `key` and `collection`.
 *
 * Calls at the same time in one isolate ask for each id once. Batches take no leases: other isolates call the function
 * too, and a batch of another isolate can store what was invalidated meanwhile. Tags have no such gap.
 *
 * @throws TypeError when an argument or option is of the wrong type, or when `fn` does not return a result for each id.
 * @throws KeyValueError `invalid_ttl` when a number of seconds is not positive, or not finite.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { cachedMany } from "edge-key-value/cached-many";
 *
 * const asked: number[][] = [];
 * const namesOf = cachedMany(
 *   memoryStore(),
 *   async (ids: readonly number[]) => {
 *     asked.push([...ids]);
 *     return ids.map((id) => `user ${id}`);
 *   },
 *   { key: (id) => `name:${id}`, ttl: 60 },
 * );
 *
 * await namesOf([1, 2]); // => ["user 1", "user 2"]
 * await namesOf([2, 3]); // => ["user 2", "user 3"]
 * asked; // => [[1, 2], [3]]
 * ```
 */
export function cachedMany<Id, R>(
  store: AsyncKeyValue,
  fn: (ids: readonly Id[]) => Awaitable<readonly R[]>,
  options: CachedManyOptions<Id, R>,
): CachedMany<Id, R> {
  const { key, onStoreError } = checkOptions(options, { key: "function" });
  if (typeof fn !== "function") refuse("fn", "a function");
  if (typeof key !== "function") refuse("key", "a function");
  const rules = resultRules(options);
  const cache = recaller(store, { ...options, lock: false }, rules.valid);
  const { find, forget, hooks } = cache;
  const batches = batchesOf(cache.longest);
  const make = batchMaking({ fn, rules, cache, batches, onStoreError });

  const keyOf = (id: Id): string => {
    const name: unknown = key(id);
    return typeof name === "string" ? name : refuse("key", "a function that returns a string");
  };
  const decoded = (value: unknown): R => rules.decode(copied(value));

  // The flow of a call, from top to bottom.

  async function call(ids: readonly Id[], scope: object | undefined): Promise<R[]> {
    if (!Array.isArray(ids)) refuse("ids", "an array");
    // The caller may change its list while this call waits.
    const order = ids.map(keyOf);
    const byKey = new Map(order.map((name, i) => [name, ids[i] as Id]));
    const keys = [...byKey.keys()];
    if (keys.length === 0) return [];
    const slots = new Map((await find(keys))?.map((slot, i) => [keys[i] as string, slot]));
    const before = slots.get(keys[0] as string)?.stamps;
    const now = Date.now();
    const until = (name: string, end: "fresh" | "stale" | "onError"): number => slots.get(name)?.result?.[end] ?? 0;
    const asked = (names: readonly string[]): Asked<Id> => {
      return { ids: new Map(names.map((name) => [name, byKey.get(name) as Id])), before, scope };
    };

    const [missing, stale]: [string[], string[]] = [[], []];
    for (const name of keys) {
      const state = now < until(name, "fresh") ? "hit" : now < until(name, "stale") ? "stale" : "miss";
      if (state === "miss") missing.push(name);
      if (state === "stale" && !batches.current(name)) stale.push(name);
      if (state !== "miss")
        hooks.emit?.({ type: state, key: name, age: secondsSince(slots.get(name)?.result?.at ?? now) });
    }
    const results = missing.length > 0 ? shareOrMake(asked(missing)) : Promise.resolve(new Map<string, R>());
    if (stale.length > 0)
      make({ ...asked(stale), refreshes: true }).catch((error) => hooks.report(error, stale[0] as string));
    const made = await results.catch((error) => {
      if (missing.some((name) => now >= until(name, "onError"))) throw error;
      hooks.report(error, missing[0] as string);
      return new Map<string, R>();
    });
    return order.map((name) => (made.has(name) ? (made.get(name) as R) : decoded(slots.get(name)?.result?.value)));
  }

  /** Takes results from batches that are under way, and makes the others in a batch of their own. */
  async function shareOrMake(asked: Asked<Id>, waits = 2): Promise<ReadonlyMap<string, R>> {
    const own = new Map(asked.ids);
    const others = new Map<Batch, Map<string, Id>>();
    for (const [name, id] of asked.ids) {
      const batch = waits > 0 ? batches.current(name) : undefined;
      if (!batch) continue;
      own.delete(name);
      others.set(batch, (others.get(batch) ?? new Map<string, Id>()).set(name, id));
    }
    const shared = [...others].map(([batch, ids]) => share(batch, { ...asked, ids }, new Set(asked.ids.keys()), waits));
    const made = own.size > 0 ? [make({ ...asked, ids: own })] : [];
    return joined(await Promise.all([...made, ...shared]));
  }

  /** Waits for a batch. What it has no results for is made, or waited for once more. */
  async function share(
    batch: Batch,
    asked: Asked<Id>,
    mine: ReadonlySet<string>,
    waits: number,
  ): Promise<ReadonlyMap<string, R>> {
    const { ids } = asked;
    const start = Date.now();
    const outcome = await batches.wait(batch);
    // A batch for other ids as well may have failed because of those.
    if (outcome && "error" in outcome && [...batch.keys].every((name) => mine.has(name))) throw outcome.error;
    const values = outcome && "value" in outcome ? outcome.value : new Map<string, Made>();
    const isForAll = (name: string): boolean => values.has(name) && isPlainData(values.get(name)?.value);
    const usable = [...ids.keys()].filter((name) => batch.wanted.has(name) && isForAll(name));
    // A tag may have been invalidated since the batch began.
    const tagged = usable.filter((name) => values.get(name)?.tags?.length);
    const slots = tagged.length > 0 ? await find(tagged) : [];
    const stamps = slots?.[0]?.stamps;
    const valid = usable.filter((name) => haveStayed(batch.stamps?.get(name), stamps));
    const results = new Map(valid.map((name) => [name, decoded(values.get(name)?.value)]));
    for (const name of results.keys()) hooks.emit?.({ type: "wait", key: name, duration: secondsSince(start) });
    const rest = new Map([...ids].filter(([name]) => !results.has(name)));
    if (rest.size === 0) return results;
    // What only its own request may have, each call makes alone.
    const isForOne = [...rest.keys()].some((name) => values.has(name) && !isForAll(name));
    const next = { ...asked, ids: rest, before: stamps ?? asked.before };
    return joined([results, await shareOrMake(next, isForOne ? 0 : waits - 1)]);
  }

  const within = (scope: object | undefined): CachedMany<Id, R> =>
    Object.assign((ids: readonly Id[]) => call(ids, scope), {
      async invalidate(ids: readonly Id[]) {
        if (!Array.isArray(ids)) refuse("ids", "an array");
        const keys = ids.map(keyOf);
        batches.outdate(keys);
        if (keys.length > 0) await forget(keys);
      },
      with: (scope: object) => (Object(scope) === scope ? within(scope) : refuse("scope", "an object")),
    });

  return within(ownScope());
}

const joined = <R>(parts: readonly ReadonlyMap<string, R>[]): ReadonlyMap<string, R> =>
  new Map(parts.flatMap((part) => [...part]));
