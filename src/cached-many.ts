import { recaller } from "./caching/recaller.ts";
import { type ResultOptions, resultRules } from "./caching/result-options.ts";
import { copied } from "./caching/results.ts";
import { ownScope } from "./caching/scope.ts";
import type { Slot } from "./caching/slot.ts";
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
 * share them: give both the same `key` and `collection`. Batches take no leases, so calls at the same time each run the
 * function; and a batch that runs in another isolate can store what was invalidated meanwhile. Tags have no such gap.
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
  const { key } = checkOptions(options, { key: "function" });
  if (typeof fn !== "function") refuse("fn", "a function");
  if (typeof key !== "function") refuse("key", "a function");
  const { made, decode, valid = async () => true } = resultRules(options);
  const { find, write, forget, hooks } = recaller(store, { ...options, lock: false }, valid);
  /** The keys of each batch that is running, without those that were invalidated meanwhile. */
  const running = new Set<Set<string>>();

  const keyOf = (id: Id): string => {
    const name: unknown = key(id);
    return typeof name === "string" ? name : refuse("key", "a function that returns a string");
  };

  /** Calls the function, and begins to store its results. */
  async function make(ids: ReadonlyMap<string, Id>, before: Slot["stamps"], scope: object | undefined) {
    const wanted = new Set(ids.keys());
    running.add(wanted);
    const called = Date.now();
    let stored: Promise<unknown> = Promise.resolve();
    try {
      const results = await fn([...ids.values()]);
      if (!Array.isArray(results) || results.length !== ids.size)
        refuse("fn", "a function that returns one result for each id");
      const duration = Math.max(0, Date.now() - called) / 1000;
      for (const name of ids.keys()) hooks.emit({ type: "miss", key: name, duration });
      const byKey = new Map([...ids.keys()].map((name, i) => [name, results[i] as R]));
      stored = keep(ids, byKey, { wanted, before, called });
      return byKey;
    } finally {
      const work = stored.finally(() => running.delete(wanted));
      work.catch(() => {});
      if (!hooks.keepAlive(work, scope, "")) await work;
    }
  }

  /** Stores results, except those that were invalidated since the function was called. */
  async function keep(
    ids: ReadonlyMap<string, Id>,
    results: ReadonlyMap<string, R>,
    { wanted, before, called }: { wanted: ReadonlySet<string>; before: Slot["stamps"]; called: number },
  ): Promise<void> {
    const all = [...results].map(([name, result]) => {
      const one = made(result, [ids.get(name) as Id]);
      // The caller may change what the function returned, before it is stored.
      return [name, { ...one, value: copied(one.value) }] as const;
    });
    const accepted = await Promise.all(
      all.map(async ([name, { value, life, problem }]) => {
        if (problem) hooks.reportUnstorable(problem.error, name);
        return life !== undefined && (await valid(value));
      }),
    );
    await write(
      all.filter(([name], i) => accepted[i] && wanted.has(name)),
      called,
      before,
    );
    const late = [...results.keys()].filter((name) => !wanted.has(name));
    if (late.length > 0) await forget(late).catch((error) => hooks.report(error, late[0] as string));
  }

  async function call(ids: readonly Id[], scope: object | undefined): Promise<R[]> {
    if (!Array.isArray(ids)) refuse("ids", "an array");
    const byKey = new Map(ids.map((id) => [keyOf(id), id]));
    const keys = [...byKey.keys()];
    if (keys.length === 0) return [];
    const slots = new Map((await find(keys))?.map((slot, i) => [keys[i] as string, slot]));
    const before = slots.get(keys[0] as string)?.stamps;
    const now = Date.now();
    const idsOf = (names: readonly string[]) => new Map(names.map((name) => [name, byKey.get(name) as Id]));
    const until = (name: string, end: "fresh" | "stale" | "onError"): number => slots.get(name)?.result?.[end] ?? 0;
    const stored = (name: string): R => decode(copied(slots.get(name)?.result?.value));

    const [missing, stale]: [string[], string[]] = [[], []];
    for (const name of keys) {
      const state = now < until(name, "fresh") ? "hit" : now < until(name, "stale") ? "stale" : "miss";
      if (state === "miss") missing.push(name);
      if (state === "stale") stale.push(name);
      const age = Math.max(0, now - (slots.get(name)?.result?.at ?? now)) / 1000;
      if (state !== "miss") hooks.emit({ type: state, key: name, age });
    }
    const fresh = new Map<string, R>();
    if (missing.length > 0) {
      try {
        for (const [name, result] of await make(idsOf(missing), before, scope)) fresh.set(name, result);
      } catch (error) {
        if (missing.some((name) => now >= until(name, "onError"))) throw error;
        hooks.report(error, missing[0] as string);
      }
    }
    if (stale.length > 0) {
      const refresh = make(idsOf(stale), before, scope).catch((error) => hooks.report(error, stale[0] as string));
      hooks.keepAlive(refresh, scope, stale[0] as string);
    }
    return ids.map((id) => {
      const name = keyOf(id);
      return fresh.has(name) ? (fresh.get(name) as R) : stored(name);
    });
  }

  const within = (scope: object | undefined): CachedMany<Id, R> =>
    Object.assign((ids: readonly Id[]) => call(ids, scope), {
      async invalidate(ids: readonly Id[]) {
        const keys = ids.map(keyOf);
        for (const wanted of running) for (const name of keys) wanted.delete(name);
        if (keys.length > 0) await forget(keys);
      },
      with: (scope: object) => (Object(scope) === scope ? within(scope) : refuse("scope", "an object")),
    });

  return within(ownScope());
}
