/** Calls of one scope at the same time, which share one promise. */
export interface Joins<R> {
  /** The call of the same scope for the key. */
  find(scope: object | undefined, key: string): Joined<R> | undefined;
  /**
   * Lets later calls of the same scope have this promise, until the function that this returns is called. Without a scope
   * nothing is shared.
   */
  add(scope: object | undefined, key: string, promise: Promise<R>, began: number): () => void;
  /** Keeps later calls from joining the promises that exist now, whatever their keys. Those calls start over. */
  close(): void;
}

/** A call, and when it began, among the moments of this isolate. */
interface Joined<R> {
  readonly promise: Promise<R>;
  readonly began: number;
}

interface Joinable<R> extends Joined<R> {
  readonly since: number;
  readonly epoch: number;
}

/** @param longest Milliseconds after which others no longer join a call, because it may never end. */
export function joinsOf<R>(longest: number): Joins<R> {
  const scopes = new WeakMap<object, Map<string, Joinable<R>>>();
  let epoch = 0;

  return {
    find(scope, key) {
      const running = scope && scopes.get(scope)?.get(key);
      const isOpen = running?.epoch === epoch && Date.now() - running.since < longest;
      return isOpen ? running : undefined;
    },

    add(scope, key, promise, began) {
      if (!scope) return () => {};
      const joinables = scopes.get(scope) ?? new Map<string, Joinable<R>>();
      scopes.set(scope, joinables);
      const joinable = { promise, began, since: Date.now(), epoch };
      // The oldest come first. Those that never settle must not fill the memory.
      for (const [old, { since }] of joinables) {
        if (joinable.since - since < longest) break;
        joinables.delete(old);
      }
      joinables.delete(key);
      joinables.set(key, joinable);
      return () => {
        if (joinables.get(key) === joinable) joinables.delete(key);
      };
    },

    close() {
      epoch++;
    },
  };
}
