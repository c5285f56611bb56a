/** A call under way. It holds no promise, which another request on Workers must not wait for. */
export interface Call {
  readonly key: string;
  readonly since: number;
  /** What it does after its answer. */
  readonly after: Promise<unknown>[];
  /** Whether it has started to make a result. */
  making: boolean;
  /** Whether others may join it. */
  open: boolean;
  /** Whether its result is still wanted in a store without leases. */
  current: boolean;
}

/** What others of the same scope can join: until the answer and, while it is being stored, for as long as it is fresh. */
interface Joinable<R> {
  readonly call: Call;
  readonly promise: Promise<R>;
  fresh: number;
}

/** The calls under way of one cached function. */
export interface InFlight<R> {
  /** The answer of a call of the same scope that is under way. */
  join(scope: object | undefined, key: string): Promise<R> | undefined;
  /** Starts a call that others of the same scope can join. */
  start(scope: object | undefined, key: string, work: (call: Call) => Promise<R>): Promise<R>;
  /** Notes that a call makes a result. Those that were begun earlier are then not wanted any more. */
  makes(call: Call): void;
  /** Whether a call that began after `since` makes a result. */
  isMade(key: string, since: number): boolean;
  /** Closes all calls for a key to others, and makes their results unwanted. */
  forget(key: string): void;
}

/** After how many times the length of a lease a call is forgotten: on Workers it is of a request that was cancelled. */
const LOST = 10;

/** A call that is under way for longer than a lease is not joined any more, since it may never end. */
export function inFlight<R extends { readonly fresh: number }>(leaseMs: number): InFlight<R> {
  const joinables = new WeakMap<object, Map<string, Joinable<R>>>();
  const calls = new Set<Call>();

  return {
    join(scope, key) {
      const running = scope && joinables.get(scope)?.get(key);
      const until = Math.min(running?.fresh ?? 0, (running?.call.since ?? 0) + leaseMs);
      return running?.call.open && Date.now() < until ? running.promise : undefined;
    },

    async start(scope, key, work) {
      const call: Call = { key, since: Date.now(), after: [], making: false, open: true, current: true };
      for (const old of calls) {
        if (old.since + LOST * leaseMs > call.since) break;
        calls.delete(old);
      }
      calls.add(call);
      const joinable: Joinable<R> = { call, promise: work(call), fresh: Number.POSITIVE_INFINITY };
      const here = scope && (joinables.get(scope) ?? new Map<string, Joinable<R>>());
      if (here) joinables.set(scope, here.set(key, joinable));
      const end = (): void => {
        calls.delete(call);
        if (here?.get(key) === joinable) here.delete(key);
      };
      try {
        const answer = await joinable.promise;
        joinable.fresh = answer.fresh;
        if (call.after.length > 0) void Promise.all(call.after).then(end);
        else end();
        return answer;
      } catch (error) {
        end();
        throw error;
      }
    },

    makes(call) {
      for (const other of calls) if (other.key === call.key && other.making) other.current = false;
      call.making = true;
    },

    isMade: (key, since) =>
      [...calls].some((call) => call.key === key && call.making && call.current && call.since > since),

    forget(key) {
      for (const call of calls) if (call.key === key) call.open = call.current = false;
    },
  };
}
