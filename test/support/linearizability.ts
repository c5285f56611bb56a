import type { JsonValue } from "../../src/index.ts";

/** What is done to one key. Where it says `ttl`, an entry that it makes is gone when the clock has passed an epoch. */
export type Action =
  | { readonly do: "get" | "ttl" | "delete" }
  /** The two steps of a delete that looks first: whether something is there, and a removal that does not tell. */
  | { readonly do: "has" | "remove" }
  | { readonly do: "put"; readonly value: JsonValue; readonly ttl?: boolean }
  | { readonly do: "putIfAbsent"; readonly value: JsonValue; readonly ttl?: boolean }
  | { readonly do: "take" | "getWithVersion" }
  | { readonly do: "touch"; readonly ttl: boolean }
  | { readonly do: "increment"; readonly by: number; readonly ttl?: boolean }
  | { readonly do: "update"; readonly change: Change; readonly ttl?: boolean }
  /** `version` is one that the client has seen, or `null`: nothing is there. */
  | { readonly do: "putIfVersion"; readonly value: JsonValue; readonly version: string | null; readonly ttl?: boolean }
  | { readonly do: "deleteIfVersion"; readonly version: string }
  /** Of a key that is a limit of `LIMIT`: takes from it, and answers with what is left. */
  | { readonly do: "rateLimit"; readonly cost: number }
  /** Of a key that is a lock, for an epoch. It answers with its token; `token` is that of the lock that the client holds. */
  | { readonly do: "tryLock" }
  | { readonly do: "extend" | "release"; readonly token: number }
  /** Nobody's operation: the clock passes all deadlines so far. */
  | { readonly do: "pass" };

/** How much the limits of histories allow. */
export const LIMIT = 12;

/** What an update makes of the value: another one, a sum, nothing (it deletes), or no change. */
export type Change = { readonly set: JsonValue } | { readonly add: number } | "remove" | "leave";

/** An action as it went: when it was called and when it answered, by a clock that counts these moments. */
export interface Event {
  readonly key: string;
  readonly action: Action;
  /** How often the clock had passed when it was called. */
  readonly epoch: number;
  readonly start: number;
  /** Infinite where it may still take effect, though the caller has been told that it failed. */
  readonly end: number;
  /** What came of it, or `"unknown"`: then it took effect once or not at all. */
  readonly outcome: Outcome | "unknown";
  /** Sent again when no reply came, so it may have taken effect several times before the one that was answered. */
  readonly again?: boolean;
}

export type Outcome = { readonly value: unknown } | { readonly error: string };

/** One key of the sequential store. */
interface State {
  readonly epoch: number;
  readonly entry?: Stored | undefined;
  /** The last token of the lock, which stays when the lock is forgotten. */
  readonly token?: number | undefined;
}
interface Stored {
  readonly value: JsonValue;
  /** The first epoch in which it is gone. */
  readonly until?: number | undefined;
  /** Its version, once somebody has been told. */
  readonly version?: string | undefined;
}

/** What a correct store that does one thing after the other makes of an action; a new version is the one that was told. */
function step(
  { epoch, entry: lying, token }: State,
  action: Action,
  calledIn: number,
  told: unknown,
): [State, Outcome] {
  const old = lying?.until !== undefined && lying.until <= epoch ? undefined : lying;
  const same: State = { epoch, entry: old, token };
  const until = (ttl: boolean | undefined) => (ttl ? calledIn + 1 : undefined);
  const to = (entry: Stored | undefined): State => ({ epoch, entry, token });
  switch (action.do) {
    case "get":
      return [same, { value: old ? old.value : null }];
    case "ttl":
      return [same, { value: old ? [old.value, old.until !== undefined] : null }];
    case "delete":
      return [to(undefined), { value: old !== undefined }];
    case "has":
      return [same, { value: old !== undefined }];
    case "remove":
      return [to(undefined), { value: null }];
    case "take":
      return [to(undefined), { value: old ? old.value : null }];
    case "put":
      return [to({ value: action.value, until: until(action.ttl) }), { value: null }];
    case "putIfAbsent":
      return old ? [same, { value: false }] : [to({ value: action.value, until: until(action.ttl) }), { value: true }];
    case "touch":
      return old
        ? [to({ ...old, until: until(action.ttl), version: undefined }), { value: true }]
        : [same, { value: false }];
    case "getWithVersion": {
      if (!old) return [same, { value: null }];
      const version = old.version ?? (told as [unknown, string] | null)?.[1];
      return [to({ ...old, version }), { value: [old.value, version ?? null] }];
    }
    case "putIfVersion": {
      // A client has seen the version at a time when this entry was there, or the entry is another one.
      if ((old ? (old.version ?? "unseen") : null) !== action.version) return [same, { value: null }];
      const version = typeof told === "string" ? told : undefined;
      return [to({ value: action.value, until: until(action.ttl), version }), { value: version ?? "told" }];
    }
    case "deleteIfVersion":
      return old && old.version === action.version ? [to(undefined), { value: true }] : [same, { value: false }];
    case "increment": {
      if (!old) return [to({ value: action.by, until: until(action.ttl) }), { value: action.by }];
      if (typeof old.value !== "number") return [same, { error: "not_a_number" }];
      const value = old.value + action.by;
      return [to({ value, until: old.until }), { value }];
    }
    case "update": {
      const value = changed(old ? old.value : null, action.change);
      if (value === undefined) return [same, { value: old ? old.value : null }];
      if (value === null) return [to(undefined), { value }];
      return [to({ value, until: action.ttl ? until(true) : old?.until }), { value }];
    }
    case "rateLimit": {
      const used = old ? (old.value as number) : 0;
      const allowed = used + Math.max(1, action.cost) <= LIMIT;
      const value = used + (allowed ? action.cost : 0);
      return [value === used ? same : to({ value }), { value: [allowed, LIMIT - value] }];
    }
    case "tryLock": {
      // The value of a lock is its token, or nothing while it is free.
      const larger = typeof told === "number" && told > (token ?? 0);
      // Who was told of a failure gives the lock back, whenever that succeeds.
      const isFree = !old || old.value === FREE || (old.value === UNTOLD && larger);
      if (!isFree) return [same, { value: null }];
      const next = {
        epoch,
        entry: { value: larger ? told : UNTOLD, until: until(true) },
        token: larger ? told : token,
      };
      return [next, { value: larger ? told : "a larger token" }];
    }
    case "extend":
    case "release": {
      if (old?.value !== action.token) return [same, { value: false }];
      const value = action.do === "extend" ? action.token : FREE;
      return [to({ value, until: until(true) }), { value: true }];
    }
    case "pass":
      return [{ epoch: epoch + 1, entry: old, token }, { value: null }];
  }
}

/** The value of a lock that nobody has, and of one whose token nobody was told. */
const FREE = "free";
const UNTOLD = "untold";

/** What the function of an update returns. */
export function changed(old: JsonValue, change: Change): JsonValue | undefined {
  if (change === "leave") return undefined;
  if (change === "remove") return null;
  if ("set" in change) return change.set;
  return (typeof old === "number" ? old : 0) + change.add;
}

/** Two writes that were told the same version, if there are any. */
function repeatedVersion(events: readonly Event[]): string | undefined {
  const values = new Map<string, string>();
  for (const { action, outcome } of events) {
    const told = outcome !== "unknown" && "value" in outcome ? outcome.value : null;
    const pairs: [value: unknown, version: unknown][] =
      action.do === "getWithVersion" && told !== null
        ? [told as [unknown, unknown]]
        : action.do === "putIfVersion"
          ? [[action.value, told]]
          : [];
    for (const [value, version] of pairs) {
      if (typeof version !== "string") continue;
      const text = JSON.stringify(value);
      if ((values.get(version) ?? text) !== text)
        return `the version ${version} is that of ${values.get(version)} and of ${text}`;
      values.set(version, text);
    }
  }
  return undefined;
}

/** Why a history is not that of a correct store, or `undefined` where it is. Keys are independent, so each is looked at alone. */
export function violation(history: readonly Event[]): string | undefined {
  for (const key of new Set(history.map((event) => event.key))) {
    const events = history.filter((event) => event.key === key).sort((a, b) => a.start - b.start);
    const repeated = repeatedVersion(events);
    if (repeated) return `no order of the operations can explain that ${repeated}`;
    const explained = longestOrder(events);
    if (explained === undefined) continue;
    const lines = events.map((event, i) => `  ${explained.has(i) ? "  " : "? "}${lineOf(event)}`);
    return `no order of the operations on ${JSON.stringify(key)} explains these answers (? where it ends):\n${lines.join("\n")}`;
  }
  return undefined;
}

/**
 * Looks for an order of the events that keeps to the times of calls and answers, and in which a sequential store gives
 * the same answers (Wing and Gong's search; a set of events and a state are never looked at twice). `undefined` when
 * there is one, otherwise the events of the longest attempt.
 */
function longestOrder(events: readonly Event[]): Set<number> | undefined {
  const required = events.flatMap((event, i) => (event.outcome === "unknown" ? [] : [i]));
  const seen = new Set<string>();
  const stack: { done: Set<number>; state: State }[] = [{ done: new Set(), state: { epoch: 0 } }];
  let longest = new Set<number>();
  for (let top = stack.pop(); top; top = stack.pop()) {
    const { done, state } = top;
    const left = required.filter((i) => !done.has(i));
    if (left.length === 0) return undefined;
    if (done.size > longest.size) longest = done;
    const firstEnd = Math.min(...left.map((i) => (events[i] as Event).end));
    const lastStart = Math.max(-1, ...[...done].map((i) => (events[i] as Event).start));
    for (const [i, { action, epoch, start, end, outcome, again }] of events.entries()) {
      // Something else had answered before this was called, or this had ended before something done was called.
      if (done.has(i) || start > firstEnd || end < lastStart) continue;
      const told = outcome !== "unknown" && "value" in outcome ? outcome.value : undefined;
      const [next, result] = step(state, action, epoch, told);
      const refused = outcome !== "unknown" && "error" in outcome && outcome.error === "conflict";
      if (outcome === "unknown" || refused || same(outcome, result)) push(new Set(done).add(i), refused ? state : next);
      if (again) push(done, next);
    }
  }
  return longest;

  function push(done: Set<number>, state: State): void {
    const id = `${[...done].sort((a, b) => a - b)} ${JSON.stringify(state)}`;
    if (seen.has(id)) return;
    seen.add(id);
    stack.push({ done, state });
  }
}

const same = (a: Outcome, b: Outcome) => JSON.stringify(a) === JSON.stringify(b);

function lineOf({ action, start, end, outcome, again }: Event): string {
  const { do: name, ...args } = action;
  const result = outcome === "unknown" ? "unknown" : JSON.stringify("value" in outcome ? outcome.value : outcome);
  return `${start}-${end} ${name} ${JSON.stringify(args)} -> ${result}${again ? " (sent again)" : ""}`;
}
