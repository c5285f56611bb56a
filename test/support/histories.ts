import { intercept } from "../../src/combinators/index.ts";
import { type AnyDriver, createStore, type JsonValue, KeyValueError, type Store, toDriver } from "../../src/index.ts";
import { type Lock, tryLock } from "../../src/lock.ts";
import { rateLimit } from "../../src/rate-limit.ts";
import { randomOf } from "./chaos.ts";
import { withVariants } from "./combinations.ts";
import { type Action, type Change, changed, type Event, LIMIT, type Outcome, violation } from "./linearizability.ts";

/** How random operations of several clients are run against a backend. */
export interface RecordOptions {
  /** The same seed gives the same operations, and over memory the same history. */
  readonly seed: number;
  /** What each client works with: the same store for all, or stores of several isolates. Clients take them in turn. */
  readonly stores: readonly Store<"swap">[];
  readonly collection?: string;
  /** Lets seconds pass for the stores; without it no entry expires. */
  readonly pass?: (seconds: number) => void | Promise<void>;
  /** Says that plain writes and deletes are sent again when no reply comes. */
  readonly again?: boolean;
  /** Says that a delete looks what is there before it removes it, as two steps that others may come between. */
  readonly looksFirst?: boolean;
  /** Does what a client does, such as under a clock of its own. */
  readonly as?: <R>(client: number, work: () => Promise<R>) => Promise<R>;
  /** Whether there are locks and limits as well. Default: true. */
  readonly features?: boolean;
  /** Default: 5 clients, 10 operations of each in each of 3 epochs, on 3 keys. */
  readonly clients?: number;
  readonly operations?: number;
  readonly epochs?: number;
  readonly keys?: number;
}

const { EKV_HISTORIES = "0" } = (globalThis as { process?: { env: Record<string, string> } }).process?.env ?? {};

/** How many seeds to run: as many as usual, or as many as `npm run histories` asks for. */
export function seeds(usual: number): number {
  return Math.max(usual, Number(EKV_HISTORIES));
}

/** A fifth of the seeds where not all combinations run: the histories and what they go through are the same on every runtime. */
export function fewer(usual: number): number {
  return withVariants ? usual : Math.ceil(usual / 5);
}

/** Runs random operations of several clients at once, and notes when each was called and what it answered. */
export async function record(options: RecordOptions): Promise<Event[]> {
  const { seed, stores, collection, pass, as = (_, work) => work() } = options;
  const { again = false, looksFirst = false, features = true } = options;
  const { clients = 5, operations = 10, epochs = pass ? 3 : 1, keys = 3 } = options;
  const random = randomOf(seed);
  const upTo = (count: number) => Math.floor(random() * count);
  const names = Array.from({ length: keys }, (_, i) => `k${i}`).concat(features ? [LIMITED, LOCKED] : []);
  const history: Event[] = [];
  let clock = 0;

  for (let epoch = 0; epoch < epochs; epoch++) {
    if (epoch > 0) {
      await pass?.(1000);
      for (const key of names) {
        const moment = clock++;
        history.push({ key, action: { do: "pass" }, epoch, start: moment, end: moment, outcome: { value: null } });
      }
    }
    const plans = Array.from({ length: clients }, (_, client) =>
      Array.from({ length: operations }, (_, i) => {
        const featured = features ? [LIMITED, LOCKED][upTo(10)] : undefined;
        const key = featured ?? `k${upTo(keys)}`;
        return { key, action: draw(key, random, `${client}.${epoch}.${i}`, pass !== undefined), turns: upTo(6) };
      }),
    );
    await Promise.all(
      plans.map(async (plan, client) => {
        const store = stores[client % stores.length] as Store<"swap">;
        /** The versions that this client has seen last. */
        const versions = new Map<string, string>();
        const held: Held = {};
        for (const { key, action: drawn, turns } of plan) {
          await idle(turns);
          const action = withToken(withVersion(drawn, versions.get(key)), held.lock);
          const start = clock++;
          const outcome = await outcomeOf(as(client, () => act(store, key, action, collection, turns, held)));
          const told = versionIn(action, outcome);
          if (told !== undefined) versions.set(key, told);
          const repeated = again && (action.do === "put" || action.do === "delete") ? { again } : {};
          // In these tests all has happened when a caller is told that it failed, but for what has not come in time.
          const end = outcome === "late" ? Number.POSITIVE_INFINITY : clock++;
          const seen = { key, epoch, start, end, outcome: outcome === "late" ? ("unknown" as const) : outcome };
          if (!looksFirst || action.do !== "delete") history.push({ ...seen, action, ...repeated });
          else {
            const removed = seen.outcome === "unknown" ? seen.outcome : { value: null };
            history.push({ ...seen, action: { do: "has" } }, { ...seen, action: { do: "remove" }, outcome: removed });
          }
        }
      }),
    );
  }
  return history;
}

/** Records histories, a seed each, and throws where one is not that of a correct store, with its seed. */
export async function holdsFor(
  seeds: number,
  run: (seed: number) => Promise<Event[]> | Event[],
  first = 1,
): Promise<Event[]> {
  const all: Event[] = [];
  for (let seed = first; seed < first + seeds; seed++) {
    let history: Event[];
    try {
      history = await run(seed);
    } catch (cause) {
      throw new Error(`seed ${seed}: ${cause}`, { cause });
    }
    const problem = violation(history);
    if (problem) throw new Error(`seed ${seed}: ${problem}`);
    all.push(...history);
    // Long runs take an hour.
    if (EKV_HISTORIES !== "0" && seed % 50 === 0) console.log(`seed ${seed}: linearizable so far`);
  }
  return all;
}

/** How many operations were under way together with another one on their key, within one history. */
export function overlaps(history: readonly Event[]): number {
  return history.filter((one) =>
    history.some((other) => other !== one && other.key === one.key && other.start < one.end && one.start < other.end),
  ).length;
}

/** A driver whose calls wait for random turns of the event loop's queue, before and after they reach a driver. */
export function jittered<D extends AnyDriver>(driver: D, seed: number): D {
  const random = randomOf(seed);
  return intercept(driver, async (_, proceed) => {
    await idle(Math.floor(random() * 5));
    const answer = await proceed();
    await idle(Math.floor(random() * 5));
    return answer;
  });
}

/** {@link jittered} for a store. */
export function jitteredStore(store: Store<"swap">, seed: number): Store<"swap"> {
  return createStore(jittered(toDriver(store), seed));
}

async function idle(turns: number): Promise<void> {
  for (let i = 0; i < turns; i++) await null;
}

/** The key that is a limit, and the one that is a lock. */
const LIMITED = "limited";
const LOCKED = "locked";

/** The lock that a client has taken last. */
interface Held {
  lock?: Lock | undefined;
}

/** A random action; what it writes is written by no other, so that it is seen where a value has come from. */
function draw(key: string, random: () => number, id: string, ttls: boolean): Action {
  const chance = (share: number) => random() < share;
  if (key === LIMITED) return { do: "rateLimit", cost: Math.floor(random() * 3) };
  if (key === LOCKED) return chance(0.5) ? { do: "tryLock" } : { do: chance(0.5) ? "extend" : "release", token: 0 };
  // A number by which no other sum is the same, or sometimes a text.
  const by = Math.floor(random() * 1e9);
  const value = chance(0.8) ? by : `text ${id}`;
  const ttl = chance(0.5) && ttls;
  const nothing = chance(0.3);
  const changes: Change[] = [{ set: value }, { add: by }, { add: by }, "remove", "leave"];
  const actions: Action[] = [
    { do: "get" },
    { do: "ttl" },
    { do: "delete" },
    { do: "put", value, ttl },
    { do: "put", value, ttl },
    { do: "putIfAbsent", value, ttl },
    { do: "putIfAbsent", value, ttl },
    { do: "take" },
    { do: "take" },
    { do: "touch", ttl },
    { do: "getWithVersion" },
    { do: "getWithVersion" },
    { do: "putIfVersion", value, version: nothing ? null : SEEN, ttl },
    { do: "putIfVersion", value, version: nothing ? null : SEEN, ttl },
    { do: "deleteIfVersion", version: SEEN },
    { do: "increment", by, ttl },
    { do: "increment", by, ttl },
    { do: "update", change: changes[Math.floor(random() * changes.length)] as Change, ttl },
    { do: "update", change: changes[Math.floor(random() * changes.length)] as Change, ttl },
  ];
  return actions[Math.floor(random() * actions.length)] as Action;
}

/** Stands for the version that the client has seen last. */
const SEEN = "seen";

/** The action with the version that its client has seen; of a client that has seen none, a version that is nobody's. */
function withVersion(action: Action, seen = "none"): Action {
  return "version" in action && action.version === SEEN ? { ...action, version: seen } : action;
}

/** The action with the token of the lock that its client has taken last; a client that has taken none takes one. */
function withToken(action: Action, lock: Lock | undefined): Action {
  if (action.do !== "extend" && action.do !== "release") return action;
  return lock ? { ...action, token: lock.token } : { do: "tryLock" };
}

/** The version that an action was told. */
function versionIn({ do: name }: Action, outcome: Outcome | "unknown" | "late"): string | undefined {
  if (typeof outcome === "string" || !("value" in outcome)) return undefined;
  const { value } = outcome;
  const told =
    name === "getWithVersion" ? (value as [unknown, string] | null)?.[1] : name === "putIfVersion" ? value : undefined;
  return typeof told === "string" ? told : undefined;
}

async function act(
  store: Store<"swap">,
  key: string,
  action: Action,
  collection: string | undefined,
  turns: number,
  held: Held,
): Promise<unknown> {
  const { ttl = false }: { ttl?: boolean } = "ttl" in action ? action : {};
  const options = { collection, ttl: ttl ? 500 : undefined };
  switch (action.do) {
    case "get":
      return store.get(key, options);
    case "ttl": {
      const found = await store.ttl(key, options);
      return found && [found.value, found.ttl !== null];
    }
    case "delete":
      return store.delete(key, options);
    case "take":
      return store.take(key, options);
    case "put":
      await store.put(key, action.value, options);
      return null;
    case "putIfAbsent":
      return store.putIfAbsent(key, action.value, options);
    case "increment":
      return store.increment(key, action.by, options);
    case "update":
      return store.update<JsonValue>(
        key,
        async (old) => {
          await idle(turns);
          return changed(old, action.change);
        },
        options,
      );
    case "touch":
      return store.touch(key, ttl ? 500 : null, options);
    case "getWithVersion": {
      const found = await store.getWithVersion(key, options);
      return found && [found.value, found.version];
    }
    case "putIfVersion":
      return store.putIfVersion(key, action.value, action.version, options);
    case "deleteIfVersion":
      return store.deleteIfVersion(key, action.version, options);
    case "rateLimit": {
      const { cost } = action;
      const result = await rateLimit(store, key, { limit: LIMIT, window: 1e6, cost, collection });
      return [result.allowed, result.remaining];
    }
    case "tryLock": {
      const lock = await tryLock(store, key, { ttl: 500, collection });
      held.lock = lock ?? held.lock;
      return lock ? lock.token : null;
    }
    case "extend":
      return held.lock?.extend();
    case "release":
      return held.lock?.release();
    case "has":
    case "remove":
    case "pass":
      throw new Error("nobody does this");
  }
}

/** What an operation answered; `"unknown"` or `"late"` where a failure does not say whether it has happened. */
async function outcomeOf(answer: Promise<unknown>): Promise<Outcome | "unknown" | "late"> {
  try {
    return { value: await answer };
  } catch (error) {
    const code = error instanceof KeyValueError ? error.code : undefined;
    if (code === "conflict" || code === "not_a_number") return { error: code };
    if (code === "timeout") return "late";
    if (code === "unavailable") return "unknown";
    throw error;
  }
}
