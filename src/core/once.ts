/** Milliseconds after which something is begun anew: on Workers what a request has begun may end with it, unfinished. */
const PATIENCE = 10_000;

/** Makes something at the first call and keeps it, unless that fails. Calls at the same time wait for the same. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T>;
  let until = 0;
  return () => {
    if (Date.now() < until) return made;
    until = Date.now() + PATIENCE;
    const attempt = make();
    made = attempt;
    attempt.then(
      () => {
        made = attempt;
        until = Number.POSITIVE_INFINITY;
      },
      () => {
        if (made === attempt) until = 0;
      },
    );
    return made;
  };
}
