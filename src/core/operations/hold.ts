import type { JsonValue } from "../json.ts";
import type { Operation } from "../operation.ts";

/** The arguments of {@link hold}. */
export type HoldArgs = {
  /** Who asks: a random id. */
  readonly owner: string;
  /** Milliseconds to hold the lock from now on; 0 releases it. */
  readonly life: number;
  /** Whether to take a lock that is free. Without it, only the owner's own lock is extended or released. */
  readonly take: boolean;
};

/** The token of the owner who has the lock now (or had it, after a release), `null` if somebody else has it. */
export type HoldResult = { readonly token: number } | { readonly error: "wrong_kind" } | null;

/** What is stored for a lock. A lock without an owner is free and remembers its token. */
type State = { readonly token: number; readonly owner: string | null; readonly until: number };

/**
 * How many milliseconds a free lock is remembered. After that, its next token comes from the clock, and is larger unless the
 * clock went back by more than this.
 */
const REMEMBER = 60_000;

/** Takes, extends or releases a lock. Tokens grow: each is above the one before, and not below the time in microseconds. */
export const hold: Operation<HoldArgs, HoldResult> = {
  name: "hold",
  run(entry, { owner, life, take }, now) {
    const state = entry ? stateOf(entry.value) : undefined;
    if (entry && !state) return { next: entry, result: { error: "wrong_kind" } };
    const mine = state?.owner === owner;
    const free = !state || state.owner === null || state.until <= now;
    if (!mine && !(take && free)) return { next: entry, result: null };
    const token = state && mine ? state.token : Math.max((state?.token ?? 0) + 1, now * 1000);
    const value: State = { token, owner: life > 0 ? owner : null, until: now + life };
    const createdAt = entry?.createdAt ?? now;
    return { next: { value, createdAt, expiresAt: now + life + REMEMBER }, result: { token } };
  },
};

/** A stored state; `undefined` for a value of another kind. */
function stateOf(value: JsonValue): State | undefined {
  const { token, owner, until } = Object(value) as Partial<State>;
  // After the largest integer that is exact, tokens would not grow.
  const isState =
    typeof token === "number" &&
    Number.isSafeInteger(token + 1) &&
    (owner === null || typeof owner === "string") &&
    Number.isFinite(until);
  return isState ? (value as State) : undefined;
}
