import { refuse } from "../core/checks.ts";
import type { Awaitable } from "../core/driver.ts";
import type { Batch, Batches } from "./batches.ts";
import { secondsSince } from "./hooks.ts";
import type { Marks, Recaller } from "./recaller.ts";
import type { ResultRules } from "./result-options.ts";
import { copied, type Made } from "./results.ts";
import type { Stamps } from "./stamps.ts";
import { stampsOf } from "./tags.ts";

/** What a call asks for: ids by their keys, and what the stamps of tags said before. */
export interface Asked<Id> {
  readonly ids: ReadonlyMap<string, Id>;
  readonly before: Stamps | undefined;
  readonly scope: object | undefined;
  /** Whether results are made in the background. */
  readonly refreshes?: boolean | undefined;
}

/** What making results in batches needs. */
export interface BatchTools<Id, R> {
  fn(ids: readonly Id[]): Awaitable<readonly R[]>;
  readonly rules: ResultRules<[id: Id], R>;
  readonly cache: Recaller;
  readonly batches: Batches;
  readonly onStoreError: "ignore" | "throw" | undefined;
}

/** Makes the results of many ids with one call of a function, and stores them with one write. */
export function batchMaking<Id, R>({ fn, rules, cache, batches, onStoreError }: BatchTools<Id, R>) {
  const { mark, write, forget, hooks } = cache;
  const { valid = async () => true } = rules;

  /** Calls the function. Others wait for its results, so these are stored even when the caller is gone. */
  async function make(asked: Asked<Id>): Promise<ReadonlyMap<string, R>> {
    const batch = batches.start(asked.ids.keys());
    const called = Date.now();
    const running = run(asked);
    const stored = running.then(
      ({ forOthers }) => keep(batch, forOthers, asked.before, called),
      (error) => {
        batches.finish(batch, { error });
        return true;
      },
    );
    const ended = stored.catch(() => false).then((isStored) => batches.end(batch, isStored));
    const isKept = hooks.keepAlive(ended, asked.scope, "");
    try {
      return (await running).results;
    } finally {
      if (!isKept || onStoreError === "throw") await stored;
    }
  }

  /** Calls the function; returns its results, and copies that others may have. */
  async function run({ ids, refreshes }: Asked<Id>) {
    const start = Date.now();
    const list = await fn([...ids.values()]);
    if (!Array.isArray(list) || list.length !== ids.size)
      refuse("fn", "a function that returns one result for each id");
    const results = new Map([...ids.keys()].map((name, i) => [name, list[i] as R]));
    const forOthers = new Map<string, Made>();
    for (const [name, result] of results) {
      hooks.emit?.({ type: refreshes ? "refresh" : "miss", key: name, duration: secondsSince(start) });
      const one = rules.made(result, [ids.get(name) as Id]);
      // The caller may change what the function returned, while others and the store still need it.
      forOthers.set(name, { ...one, value: copied(one.value) });
    }
    return { results, forOthers };
  }

  /** Lets others have results, and stores those that were not invalidated since the function was called. */
  async function keep(batch: Batch, made: ReadonlyMap<string, Made>, before: Stamps | undefined, called: number) {
    const all = [...made];
    let marks: Marks | undefined;
    try {
      marks = await mark(all, called, before);
    } finally {
      batch.stamps = new Map(all.flatMap(([name], i) => (marks?.[i] ? [[name, stampsOf(marks[i])]] : [])));
      batches.finish(batch, { value: made });
    }
    const isKept = async ({ value, life, problem }: Made) =>
      problem !== undefined || (life !== undefined && valid(value));
    const accepted = await Promise.all(all.map(([, one]) => isKept(one)));
    const places = all.flatMap(([name], i) => (accepted[i] && batch.wanted.has(name) ? [i] : []));
    const items = places.map((i) => all[i] as (typeof all)[number]);
    const isStored = await write(items, marks && places.map((i) => marks[i]));
    const names = items.map(([name]) => name);
    const late = names.filter((name) => !batch.wanted.has(name));
    if (late.length > 0) await forget(late).catch((error) => hooks.report(error, late[0] as string));
    // Batches that began earlier would put older results over these.
    batches.outdate(names, batch);
    return isStored;
  }

  return make;
}
