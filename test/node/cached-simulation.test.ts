import { describe, expect, it } from "#test";
import { invalidateTags } from "../../src/cache-tags.ts";
import { cached } from "../../src/cached.ts";
import { cachedResponse } from "../../src/cached-response.ts";
import { createStore, type Driver, KeyValueError, memoryStore, toDriver } from "../../src/index.ts";
import { sleep } from "../support/caching.ts";
import { randomOf } from "../support/chaos.ts";
import { inVirtualTime } from "../support/virtual-time.ts";

/** More seeds find more: `SEEDS=2000`. */
const SEEDS = Number(process.env.SEEDS ?? 12);

/** Milliseconds: the longest call to the store, the longest run of the function, the longest pause between two looks. */
const [LATENCY, WORK, LOOK] = [25, 300, 300];

/** Settles never, as what a request that is gone has begun. */
const never = new Promise<never>(() => {});

interface Isolate {
  alive: boolean;
  readonly store: ReturnType<typeof createStore<Driver<"swap">>>;
  /** Waits, and never comes back when the isolate is gone. */
  work(milliseconds: number): Promise<void>;
}

/** An isolate with its own way to a store that all share. */
function isolateOf(shared: Driver<"swap">, random: () => number, failures: number): Isolate {
  const work = async (milliseconds: number): Promise<void> => {
    await sleep(milliseconds);
    if (!isolate.alive) await never;
  };
  const io = async (): Promise<void> => {
    await work(1 + random() * (LATENCY / 2 - 1));
    if (random() < failures) throw new KeyValueError("unavailable", "the store is down");
  };
  const remote =
    <Args extends unknown[], R>(method: (...args: Args) => R) =>
    async (...args: Args): Promise<Awaited<R>> => {
      await io();
      const result = await method(...args);
      // The reply may be lost.
      await io();
      return result;
    };
  const { name, consistency, read, write, remove, swap } = shared;
  const driver = {
    name,
    consistency,
    read: remote(read),
    write: remote(write),
    remove: remote(remove),
    swap: remote(swap),
  };
  const isolate: Isolate = { alive: true, store: createStore(driver as Driver<"swap">), work };
  return isolate;
}

interface Run {
  readonly isolate: Isolate;
  /** Whether the lease under which it runs may be gone, since something was invalidated or refreshed. */
  excused: boolean;
}

/** Lets visitors come to several isolates and returns what went wrong. */
async function simulate(seed: number, { failures }: { failures: number }): Promise<string[]> {
  const problems: string[] = [];
  const { random: realRandom } = Math;
  // Pauses have a random length, too.
  Math.random = randomOf(seed + 1_000_000);
  await inVirtualTime(async ({ elapsed, jump }) => {
    const random = randomOf(seed);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
    const shared = toDriver(memoryStore());
    const keys = ["a", "b"];
    const data = new Map(keys.map((key) => [key, 0]));
    const running = new Map<string, Set<Run>>(keys.map((key) => [key, new Set()]));
    const removed = new Map<string, number>();
    let crashes = 0;
    let skew = 0;

    const newIsolate = () => {
      const isolate = isolateOf(shared, random, failures);
      const fn = async (key: string): Promise<number> => {
        const version = data.get(key) as number;
        const others = running.get(key) as Set<Run>;
        const overlapping = [...others].some((run) => run.isolate.alive && !run.excused);
        if (overlapping && failures === 0) problems.push(`${elapsed()}: two makers of ${key}`);
        // The lease that it got just now may have been removed since.
        const run = { isolate, excused: elapsed() < (removed.get(key) ?? 0) + 2 * LATENCY };
        others.add(run);
        try {
          await isolate.work(20 + random() * (WORK - 20));
          if (random() < 0.1) throw new Error("of the function");
          return version;
        } finally {
          others.delete(run);
        }
      };
      const get = cached(isolate.store, fn, {
        key: (key) => key,
        ttl: 0.5,
        staleWhileRevalidate: random() < 0.5 ? 0 : 1,
        tags: (_, key) => [`tag:${key}`, "all"],
        lock: { ttl: 30, wait: failures > 0 ? 2 : 60 },
        onError: () => {},
      });
      return { isolate, get };
    };
    const isolates = Array.from({ length: 5 }, newIsolate);
    /** What every call has to see at least that begins at a time or later. */
    const seen = new Map(keys.map((key) => [key, [{ since: 0, version: 0 }]]));
    /** While a store fails, a result that others make, or that could not be stored, may be older by a run and a second. */
    const grace = failures > 0 ? 1000 + WORK + 10 * LATENCY : 0;
    const leastOf = (key: string): number =>
      Math.max(
        ...(seen.get(key) ?? []).filter(({ since }) => since <= elapsed() - grace).map(({ version }) => version),
        0,
      );

    async function visit(): Promise<void> {
      const { isolate, get } = pick(isolates);
      const key = pick(keys);
      const [start, least, crashed] = [elapsed(), leastOf(key), crashes];
      const scope = random() < 0.7 ? get.with({}) : get;
      const left = new AbortController();
      if (random() < 0.1) setTimeout(() => left.abort(), random() * 200);
      const call = random() < 0.1 ? get.with({}, { signal: left.signal })(key) : scope(key);
      const version = await call.catch((error: Error) => {
        const known = [
          "of the function",
          "the function failed for the caller that made the result",
          "the signal ended the operation",
        ];
        if (!known.includes(error.message)) problems.push(`${elapsed()}: ${key} fails with ${error.message}`);
        return undefined;
      });
      if (!isolate.alive) return;
      const waited = elapsed() - start;
      const bound = (failures > 0 ? 2000 : 0) + 3 * WORK + 30 * LATENCY + LOOK + (crashes - crashed + 1) * 2000;
      if (waited > bound) problems.push(`${elapsed()}: waited ${waited} ms for ${key}`);
      if (version !== undefined && version < least)
        problems.push(`${elapsed()}: ${key} came back as ${version} after ${least}`);
    }

    /** Changes the data, and tells the cache. */
    async function change(): Promise<void> {
      const { isolate, get } = pick(isolates);
      const key = pick(keys);
      const changed = random() < 0.3 ? keys : [key];
      for (const one of changed) data.set(one, (data.get(one) as number) + 1);
      const now = changed.map((one) => [one, data.get(one) as number] as const);
      try {
        const byTag = changed.length > 1 || random() < 0.5 || failures > 0;
        const excuse = (): void => {
          for (const run of running.get(key) as Set<Run>) run.excused = true;
          removed.set(key, elapsed());
        };
        if (!byTag) excuse();
        if (byTag) await invalidateTags(isolate.store, changed.length > 1 ? ["all"] : [`tag:${key}`]);
        else await get.invalidate(key);
        if (!byTag) excuse();
        for (const [one, version] of now) seen.get(one)?.push({ since: elapsed(), version });
      } catch {
        // It may have happened, and it may not.
      }
    }

    const pending: Promise<unknown>[] = [];
    const steps = 250;
    for (let step = 0; step < steps; step++) {
      const dice = random();
      if (dice < 0.9) pending.push(Promise.race([visit(), sleep(60_000)]));
      else if (dice < 0.97) pending.push(Promise.race([change(), sleep(60_000)]));
      else if (dice < 0.98) {
        const at = Math.floor(random() * isolates.length);
        isolates[at]!.isolate.alive = false;
        crashes++;
        isolates[at] = newIsolate();
      } else {
        // Clocks are set, by less than what leases allow for.
        const next = (random() - 0.5) * 8000;
        jump(next - skew);
        skew = next;
      }
      await sleep(random() * 60);
    }
    await Promise.all(pending);
  }).finally(() => {
    Math.random = realRandom;
  });
  return problems.map((problem) => `seed ${seed}: ${problem}`);
}

describe("many isolates whose callers leave, crash and invalidate, while clocks jump", () => {
  it("have one maker for each lease, wait within bounds, and never see again what was invalidated", async () => {
    for (let seed = 1; seed <= SEEDS; seed++) expect(await simulate(seed, { failures: 0 })).toEqual([]);
  });

  it("wait within bounds and never see again what was invalidated, also when the store fails and replies are lost", async () => {
    for (let seed = 1; seed <= SEEDS; seed++) expect(await simulate(seed, { failures: 0.05 })).toEqual([]);
  });
});

/** Lets visitors with cookies, tokens and languages ask several isolates for pages; returns what they should not have got. */
async function visitPages(seed: number): Promise<{ problems: string[]; shared: number }> {
  const problems: string[] = [];
  let sharedPages = 0;
  const { random: realRandom } = Math;
  Math.random = randomOf(seed + 1_000_000);
  await inVirtualTime(async ({ elapsed }) => {
    const random = randomOf(seed);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
    const shared = toDriver(memoryStore());
    const controls = [
      "",
      "max-age=1",
      "public, max-age=1",
      "private",
      "no-store",
      "no-cache",
      "s-maxage=1",
      "max-age=0",
    ];
    const pages = Array.from({ length: 4 }, () => {
      const isolate = isolateOf(shared, random, 0.02);
      const handler = async (request: Request): Promise<Response> => {
        const { headers, url } = request;
        await isolate.work(random() * 100);
        if (random() < 0.05) throw new Error("of the handler");
        const control = pick(controls);
        const user = headers.get("cookie") ?? headers.get("authorization") ?? "nobody";
        const language = headers.get("accept-language");
        const body = JSON.stringify({ path: new URL(url).pathname, user, language, control });
        const more = control === "" ? {} : { "cache-control": control };
        const status = random() < 0.05 ? 500 : 200;
        return new Response(body, {
          status,
          headers: { ...more, vary: "accept-language", "set-cookie": `user=${user}` },
        });
      };
      return cachedResponse(handler, { store: isolate.store, ttl: 1, lock: { ttl: 5, wait: 2 }, onError: () => {} });
    });

    async function visit(): Promise<void> {
      const path = pick(["/a", "/b"]);
      const language = pick(["de", "en"]);
      const user = pick(["nobody", "ada", "grace"]);
      const name = pick(["cookie", "authorization"]);
      const headers = { "accept-language": language, ...(user !== "nobody" && { [name]: user }) };
      const left = new AbortController();
      if (random() < 0.1) setTimeout(() => left.abort(), random() * 100);
      const request = new Request(`https://example.com${path}`, { headers, signal: left.signal });
      const response = await pick(pages)
        .with({})(request)
        .catch(() => undefined);
      const text = await response?.text().catch(() => "");
      if (!response || !text) return;
      const page = JSON.parse(text) as { path: string; user: string; language: string; control: string };
      const isShared = page.control.startsWith("public") || page.control.startsWith("s-maxage");
      const isOpen = isShared || (page.control === "max-age=1" && (user === "nobody" || name === "cookie"));
      if (page.user !== user) sharedPages++;
      const wrong = [
        page.path !== path && "path",
        page.language !== language && "language",
        page.user !== user && page.user !== "nobody" && !isOpen && "user",
        page.user !== user && page.user === "nobody" && user !== "nobody" && !isOpen && "anonymous page",
        page.user !== user && response.headers.has("set-cookie") && "cookie",
      ].filter(Boolean);
      if (wrong.length > 0) problems.push(`seed ${seed}, ${elapsed()}: ${user} has the ${wrong} of ${text}`);
    }

    const pending: Promise<unknown>[] = [];
    for (let step = 0; step < 250; step++) {
      pending.push(Promise.race([visit(), sleep(60_000)]));
      await sleep(random() * 40);
    }
    await Promise.all(pending);
  }).finally(() => {
    Math.random = realRandom;
  });
  return { problems, shared: sharedPages };
}

describe("many visitors of pages, with cookies, tokens and languages, who may leave", () => {
  it("never have a page or a cookie that was made for somebody else", async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { problems, shared } = await visitPages(seed);
      expect(problems).toEqual([]);
      expect(shared).toBeGreaterThan(0);
    }
  });
});
