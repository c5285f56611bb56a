/** A migration as it happens: writers and readers in several places, a copy that is killed half-way and resumed. */

import { expect } from "#test";
import { nullStore } from "../../src/adapters/null.ts";
import { wrap } from "../../src/combinators/index.ts";
import { live } from "../../src/core/entry.ts";
import { type AsyncKeyValue, createStore, type Entry, memoryStore, type Store, toDriver } from "../../src/index.ts";
import { CopyError, copy } from "../../src/migrate.ts";
import { type MigratingOptions, migrating } from "../../src/wrappers/migrating.ts";
import { chaos, randomOf } from "./chaos.ts";

type Listed = Store<"listKeys" | "listCollections">;

export interface Migration extends MigratingOptions {
  readonly from: Listed;
  readonly to: Store<"swap" | "listKeys" | "listCollections">;
  readonly seed: number;
  readonly keys: number;
  /** How many operations each of the four writers does. */
  readonly operations: number;
  /** Lets all tombstones expire. */
  readonly outlive: () => Promise<void>;
}

const WRITERS = 4;
const COLLECTIONS = ["users", "logs"];
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** What a key must hold; every value has a number that grows with each write of the key. */
interface Expected {
  readonly seq: number;
  readonly alive: boolean;
  readonly ttl: boolean;
}

/**
 * The old store as a place sees it that keeps what it has read for some milliseconds, missing entries too, as Workers
 * KV does. Like that it has no atomic operations, since these would need fresh reads.
 */
export function stale<S extends AsyncKeyValue>(store: S, milliseconds: number): S {
  const seen = new Map<string, { entry: Entry | undefined; until: number }>();
  return wrap(store, ({ swap: _1, apply: _2, operations: _3, ...driver }) => ({
    ...driver,
    async read(collection, keys) {
      const entries = await driver.read(collection, keys);
      return keys.map((key, i) => {
        const place = `${collection}/${key}`;
        const held = seen.get(place);
        if (held && held.until > Date.now()) return held.entry;
        seen.set(place, { entry: entries[i], until: Date.now() + milliseconds });
        return entries[i];
      });
    },
  })) as unknown as S;
}

/** A memory store that, as most backends do, knows nothing any more of what has expired. */
export function forgetful(): ReturnType<typeof memoryStore> {
  return wrap(memoryStore(), (driver) => ({
    ...driver,
    read: async (collection, keys, how) => (await driver.read(collection, keys, how)).map(live),
    async swap(collection, key, expected, next) {
      const [current] = await driver.read(collection, [key]);
      return driver.swap!(collection, key, live(current) ? expected : (expected ?? current?.version), next);
    },
  })) as ReturnType<typeof memoryStore>;
}

/** Answers come late now and then, so that operations overlap in other ways each time. */
function slow<S extends AsyncKeyValue>(store: S, seed: number): S {
  return createStore(chaos(toDriver(store), { seed, late: 0.3, delay: 2 }).driver) as unknown as S;
}

/** Runs a migration, and checks on the way and at the end that nothing is lost and nothing comes back. */
export async function migrate({ from, to, seed, keys, operations, outlive, ...options }: Migration): Promise<void> {
  const model = new Map<string, Expected>();
  const places = COLLECTIONS.flatMap((collection) =>
    Array.from({ length: keys }, (_, i) => ({ collection, key: `k${i}` })),
  );
  const idOf = ({ collection, key }: { collection: string; key: string }) => `${collection}/${key}`;

  // What the old code has left: two thirds of the keys, a part of them with a TTL.
  for (const [i, place] of places.entries()) {
    if (i % 3 === 0) continue;
    const { collection, key } = place;
    await from.put(key, { seq: 1 }, { collection, ttl: i % 5 === 0 ? 5000 : undefined });
    model.set(idOf(place), { seq: 1, alive: true, ttl: i % 5 === 0 });
  }

  async function writer(number: number): Promise<void> {
    const random = randomOf(seed * 100 + number);
    const store = migrating(slow(stale(from, 20), seed + number), slow(to, seed + number + 50), options);
    const mine = places.filter((_, i) => i % WRITERS === number);
    for (let i = 0; i < operations; i++) {
      const place = mine[Math.floor(random() * mine.length)]!;
      const id = idOf(place);
      const { collection, key } = place;
      const before = model.get(id) ?? { seq: 0, alive: false, ttl: false };
      const seq = before.seq + 1;
      const is = (expected: Expected) => model.set(id, expected);
      const dice = random();
      if (dice < 0.25) {
        await store.put(key, { seq }, { collection });
        is({ seq, alive: true, ttl: false });
      } else if (dice < 0.35) {
        await store.put(key, { seq }, { collection, ttl: 8000 });
        is({ seq, alive: true, ttl: true });
      } else if (dice < 0.45) {
        await store.put(key, { seq }, { collection, ttl: 0.03 });
        await pause(35);
        is({ seq, alive: false, ttl: false });
      } else if (dice < 0.65) {
        expect([id, await store.delete(key, { collection })]).toEqual([id, before.alive]);
        is({ ...before, alive: false });
      } else if (dice < 0.75) {
        const taken = await store.take(key, { collection });
        expect([id, taken]).toEqual([id, before.alive ? { seq: before.seq } : null]);
        is({ ...before, alive: false });
      } else if (dice < 0.85) {
        await store.update<{ seq: number }>(key, () => ({ seq }), { collection });
        is({ seq, alive: true, ttl: before.alive && before.ttl });
      } else if (dice < 0.9) {
        expect([id, await store.putIfAbsent(key, { seq }, { collection })]).toEqual([id, !before.alive]);
        if (!before.alive) is({ seq, alive: true, ttl: false });
      }
      const { alive, ...now } = model.get(id) ?? before;
      expect([id, await store.get(key, { collection })]).toEqual([id, alive ? { seq: now.seq } : null]);
    }
  }

  let running = true;
  async function reader(number: number): Promise<void> {
    const store = migrating(slow(stale(from, 20), seed + number), slow(to, seed + number + 70), options);
    const newest = new Map<string, { seq: number; gone: boolean }>();
    const random = randomOf(seed * 1000 + number);
    while (running) {
      const collection = COLLECTIONS[Math.floor(random() * 2)]!;
      const some = Array.from({ length: 8 }, () => `k${Math.floor(random() * keys)}`);
      const found = await store.getMany<{ seq: number }>([...new Set(some)], { collection });
      for (const [i, key] of [...new Set(some)].entries()) {
        const id = idOf({ collection, key });
        const last = newest.get(id) ?? { seq: 0, gone: false };
        const seq = found[i]?.seq;
        // Older than what was seen before, or the same again after it had gone.
        if (seq !== undefined) expect([id, seq < last.seq || (last.gone && seq === last.seq)]).toEqual([id, false]);
        newest.set(id, { seq: Math.max(seq ?? 0, last.seq), gone: seq === undefined });
      }
      await pause(1);
    }
  }

  /** Killed again and again; only the tokens that it has handed on survive. */
  async function copier(): Promise<void> {
    const source = slow(stale(from, 20), seed + 9);
    let cursor: string | undefined;
    for (let run = 0; ; run++) {
      const kill = new AbortController();
      const failing = chaos(toDriver(to), {
        ...{ seed: seed + run, late: 0.3, delay: 10 },
        ...(run < 3 && { fail: 0.03, lost: 0.03 }),
      });
      try {
        await copy(source, createStore(failing.driver), {
          ...{ batch: 5, concurrency: 3, cursor },
          signal: kill.signal,
          onProgress: (progress) => {
            cursor = progress.cursor;
            if (run === 0 && progress.copied + progress.skipped > keys / 2) kill.abort();
          },
        });
        expect(run).toBeGreaterThan(0);
        return;
      } catch (error) {
        if (!(error instanceof CopyError)) throw error;
      }
    }
  }

  const readers = Promise.all([11, 12].map(reader));
  readers.catch(() => {});
  try {
    await Promise.all([...Array.from({ length: WRITERS }, (_, i) => writer(i)), copier()]);
  } finally {
    running = false;
  }
  await readers;

  async function check(store: AsyncKeyValue, what: string): Promise<void> {
    for (const place of places) {
      const expected = model.get(idOf(place));
      const found = await store.ttl(place.key, { collection: place.collection });
      const shown = found && { value: found.value, ttl: found.ttl !== null };
      const right = expected?.alive ? { value: { seq: expected.seq }, ttl: expected.ttl } : null;
      expect([what, idOf(place), shown]).toEqual([what, idOf(place), right]);
    }
  }
  await check(migrating(from, to, options), "while the tombstones are there");
  await check(migrating(nullStore(), to), "without the old store");
  if (options.write !== "to") await check(from, "in the old store");
  await outlive();
  await check(to, "in the new store alone");
  await check(migrating(from, to, options), "after the tombstones");
  const again = await copy(from, to);
  expect(again.copied).toBe(0);
}
