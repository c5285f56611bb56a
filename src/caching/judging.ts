import type { Patience } from "./patience.ts";
import { type Answer, answerFrom, type Made, type Result } from "./results.ts";
import type { Run } from "./runs.ts";
import type { Slot } from "./slot.ts";
import { haveChanged } from "./tags.ts";

/** What one call asks for. */
export interface Wanted {
  /** Calls with the same scope share promises. */
  readonly scope: object | undefined;
  /** Makes a result. It gets the old one, which may only be good for validation. */
  make(old: Result | undefined): Promise<Made>;
  /** Runs `make` whatever is stored or being made. */
  readonly force?: boolean | undefined;
  /** Whether this call may have a value at all. */
  readonly accepts?: ((value: unknown) => boolean) | undefined;
  /** Whether a result from before this call is the answer. Default: by its deadlines. */
  readonly judge?: ((result: Result) => "hit" | "stale" | undefined) | undefined;
  /** Seconds after which an old result is the answer. */
  readonly softTimeout?: number | undefined;
  /** What is stored, where the caller has read it already. */
  readonly slot?: Slot | undefined;
}

/** One call on its way. */
export interface CacheCall extends Wanted {
  readonly key: string;
  /** When it began, among the moments of this isolate. */
  readonly began: number;
}

/** One call that needs a run: it waits for one, or leads one. */
export interface RunCall extends CacheCall {
  /** How long it waits for others. A refresh in the background waits for nobody. */
  readonly patience: Patience | undefined;
  /** The holder of a lease that this isolate knows to be gone. */
  gone?: string | undefined;
}

/** The answer that is in a slot. */
export function answerIn({ result }: Slot, { force, accepts, judge }: CacheCall, isNew: boolean): Answer | undefined {
  if (!result || force || accepts?.(result.value) === false) return undefined;
  const now = Date.now();
  // A result that was made after a call began is new enough for it, whatever age it wants.
  const byTime = now < result.fresh ? "hit" : now < result.stale ? "stale" : undefined;
  const state = judge && !isNew ? judge(result) : byTime;
  return state && answerFrom(state, result);
}

/** The old result where it may stand in for a failure, or for a run that takes too long. */
export function standIn(
  slot: Slot | undefined,
  { force, accepts }: CacheCall,
  state: "failed" | "stale",
): Answer | undefined {
  const old = slot?.result;
  if (!old || force || Date.now() >= old.onError || accepts?.(old.value) === false) return undefined;
  return answerFrom(state, old);
}

/**
 * Whether a run is not for a call: something was invalidated after the run had begun, as far as the store shows it, or
 * it ended before the call began and left nothing that is fresh.
 */
export function isTooOld(run: Run, slot: Slot | undefined, { began, judge }: CacheCall): boolean {
  if (haveChanged(run.stamps, slot?.stamps)) return true;
  if (slot && hasLostLease(run, slot)) return true;
  if (!run.outcome || (run.ended as number) > began) return false;
  const ended = "value" in run.outcome && run.outcome.value;
  return judge !== undefined || !ended || !("answer" in ended) || !run.wanted || Date.now() >= ended.answer.fresh;
}

/** Whether a slot that was read later has neither the lease of a run nor what the run has left. */
function hasLostLease({ leased }: Run, { lease, ending, moment = 0 }: Slot): boolean {
  if (!leased || moment < leased.moment) return false;
  return lease?.holder !== leased.lease.holder && ending?.id !== leased.lease.id;
}
