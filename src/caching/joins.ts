/** Calls of one scope at the same time, which share one promise. */
export interface Joins<R> {
  /** The promise of a call of the same scope for the key. */
  find(scope: object | undefined, key: string): Promise<R> | undefined;
  /** Lets later calls of the same scope have this promise until it settles. Without a scope nothing is shared. */
  add(scope: object | undefined, key: string, promise: Promise<R>): void;
  /** Lets no later call have the promises that exist now, whatever their keys: they just start anew. */
  close(): void;
}

interface Joinable<R> {
  readonly promise: Promise<R>;
  readonly since: number;
  readonly epoch: number;
}

/** @param longest Milliseconds after which a call is not joined any more, since it may never end. */
export function joinsOf<R>(longest: number): Joins<R> {
  const scopes = new WeakMap<object, Map<string, Joinable<R>>>();
  let epoch = 0;

  return {
    find(scope, key) {
      const running = scope && scopes.get(scope)?.get(key);
      const isOpen = running?.epoch === epoch && Date.now() - running.since < longest;
      return isOpen ? running.promise : undefined;
    },

    add(scope, key, promise) {
      if (!scope) return;
      const joinables = scopes.get(scope) ?? new Map<string, Joinable<R>>();
      scopes.set(scope, joinables);
      const joinable = { promise, since: Date.now(), epoch };
      // The oldest come first. Those that never settle must not fill the memory.
      for (const [old, { since }] of joinables) {
        if (joinable.since - since < longest) break;
        joinables.delete(old);
      }
      joinables.delete(key);
      joinables.set(key, joinable);
      const end = (): void => {
        if (joinables.get(key) === joinable) joinables.delete(key);
      };
      promise.then(end, end);
    },

    close() {
      epoch++;
    },
  };
}
