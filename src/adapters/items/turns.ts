/** Runs work after all earlier work under the same name has ended. */
export type InTurn = <R>(name: string, work: () => Promise<R>) => Promise<R>;

/** Makes a queue for each name, which is forgotten when it is empty. */
export function newTurns(): InTurn {
  const last = new Map<string, Promise<unknown>>();
  return async (name, work) => {
    const turn = (last.get(name) ?? Promise.resolve()).then(work);
    // The next work runs even if this one failed.
    const ended = turn.catch(() => {});
    last.set(name, ended);
    try {
      return await turn;
    } finally {
      if (last.get(name) === ended) last.delete(name);
    }
  };
}
