import { oneOf } from "../core/checks.ts";
import type { AnyDriver, Awaitable } from "../core/driver.ts";
import type { AsyncKeyValue } from "../core/protocol.ts";
import { toDriver } from "../core/store.ts";
import { type Access, accessTo } from "./access.ts";
import { type Hooks, hooksOf } from "./hooks.ts";
import { joinsOf } from "./joins.ts";
import { leadingOf } from "./leading.ts";
import { makings } from "./making.ts";
import { type RecallOptions, seconds } from "./options.ts";
import { type Recall, recalling } from "./recall.ts";
import { type Answer, type Made, type Result, type Tag, toResult } from "./results.ts";
import { runsOf } from "./runs.ts";
import { slots } from "./slots.ts";
import type { Place, Stamps } from "./stamps.ts";
import { tagsOf } from "./tags.ts";

/** Keeps results in a store: what `cached`, `cachedMany` and `cachedResponse` have in common. */
export interface Recaller {
  /** The stored result, or a new one. */
  readonly recall: Recall;
  /** What is stored under each key; nothing when the store fails and that is to be ignored. */
  readonly find: Access["look"];
  /**
   * The tags of results with their stamps, for a function that was called at a moment, in epoch milliseconds. Nothing for a
   * result that may be older than an invalidation, and nothing at all when the store fails and that is to be ignored.
   */
  mark(items: Items, called: number, before?: Stamps): Promise<Marks | undefined>;
  /** Writes results without asking for leases. Returns `false` when the store fails and that is to be ignored. */
  write(items: Items, marks: Marks | undefined): Promise<boolean>;
  /** Removes results, and drops results that are being made. */
  forget(keys: readonly string[]): Promise<void>;
  readonly hooks: Hooks;
  /** Milliseconds after which others may take over from a run that has not ended. */
  readonly longest: number;
}

/** Results by their keys. */
type Items = readonly (readonly [key: string, made: Made])[];

/** The tags of each of some results. */
export type Marks = readonly (readonly Tag[] | undefined)[];

/** Seconds after which others may take over from a run that has not ended. */
const LONGEST_RUN = 30;

/** @param valid Whether a result may be stored, and whether a stored one may be used. Default: all may. */
export function recaller(
  store: AsyncKeyValue,
  options: RecallOptions,
  valid?: (value: unknown) => Awaitable<boolean>,
): Recaller {
  const { onStoreError = "ignore", lock = {} } = options;
  oneOf(onStoreError, "onStoreError", ["ignore", "throw"]);
  const { ttl = LONGEST_RUN, wait = ttl } = lock || {};
  const longest = seconds("lock.ttl", ttl) * 1000;
  const longestWait = seconds("lock.wait", wait, true) * 1000;

  const results = placeOf(store, options.collection);
  const tags = tagsOf(results, options.tagStore ? placeOf(options.tagStore) : placeOf(store));
  const runs = runsOf(longest);
  const places = slots(results, tags, lock !== false, runs.moment);
  const hooks = hooksOf(options);
  const joins = joinsOf<Answer>(longest);
  const access = accessTo({ places, hooks, valid, onStoreError });
  const making = makings({ access, places, tags, runs, hooks, valid, onStoreError });
  const leading = leadingOf({ access, makings: making, runs, hooks, leases: places.leases, onStoreError });

  return {
    recall: recalling({ access, tags, runs, joins, leading, hooks, longestWait }),
    find: access.look,
    hooks,
    longest,

    async mark(items, called, before) {
      const names = items.map(([key, made]) => [key, made.tags ?? []] as const);
      return access.guarded(items[0]?.[0] ?? "", () => tags.mark(names, before, called));
    },

    async write(items, marks) {
      const done = await access.guarded(items[0]?.[0] ?? "", async () => {
        const now = Date.now();
        const unstorable: unknown[] = [];
        const results = items.flatMap(([key, { value, life, problem }], i): [string, Result][] => {
          try {
            if (problem) throw problem.error;
            return life && marks?.[i] ? [[key, toResult(value, now, life, marks[i])]] : [];
          } catch (error) {
            unstorable.push(error);
            if (onStoreError === "ignore") hooks.reportUnstorable(error, key);
            return [];
          }
        });
        await places.write(results);
        if (unstorable.length > 0 && onStoreError === "throw") throw unstorable[0];
        return marks !== undefined;
      });
      return done === true;
    },

    async forget(keys) {
      joins.close();
      for (const key of keys) runs.forget(key);
      await places.remove(keys);
    },
  };
}

function placeOf(store: AsyncKeyValue, collection?: string): Place {
  const driver = toDriver(store) as AnyDriver;
  return { driver, collection: collection ?? store.defaultCollection ?? "default_collection" };
}
