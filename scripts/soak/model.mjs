// What must be in a collection that only one client writes to, by what this client has written.

/** The state of an entry of which a call has told too little. */
const UNKNOWN = Symbol("unknown");

/**
 * A model of the entries of one collection. Entries expire in real time, so close to a deadline both answers are right:
 * `tolerance` says how many milliseconds around it.
 */
export function createModel(tolerance) {
  const entries = new Map();

  /** Whether an entry is there during a call: `true`, `false`, or `undefined` where nobody can tell. */
  function isThere(key, start, end) {
    const entry = entries.get(key);
    if (!entry) return false;
    if (entry === UNKNOWN) return undefined;
    if (end < entry.from - tolerance) return true;
    return start > entry.to + tolerance ? false : undefined;
  }

  return {
    isThere,
    valueOf: (key) => entries.get(key)?.value,
    expires: (key) => entries.get(key)?.to !== Number.POSITIVE_INFINITY,
    keys: () => [...entries.keys()],

    /** Notes a write that happened between two times. */
    wrote(key, value, ttl, start, end) {
      const life = ttl === undefined ? Number.POSITIVE_INFINITY : ttl * 1000;
      entries.set(key, { value, from: start + life, to: end + life });
    },
    /** Notes another value of an entry that keeps its deadline. */
    changed: (key, value) => void entries.set(key, { ...entries.get(key), value }),
    removed: (key) => void entries.delete(key),
    forget: (key) => void entries.set(key, UNKNOWN),
    clear: () => entries.clear(),

    /** Returns what is wrong with a value that was read, or `undefined`. */
    problemOf(key, value, start, end) {
      const there = isThere(key, start, end);
      const entry = entries.get(key);
      if (value === null) {
        if (there === undefined) entries.delete(key);
        return there ? "an entry is missing" : undefined;
      }
      if (there === false) return entry ? "an entry has outlived its deadline" : "an entry is back";
      if (entry !== UNKNOWN && JSON.stringify(entry.value) !== JSON.stringify(value)) return "the value is another one";
      return undefined;
    },

    /** The same for the seconds that an entry has left. */
    problemOfTtl(key, ttl, start, end) {
      const entry = entries.get(key);
      if (!entry || entry === UNKNOWN) return undefined;
      if (entry.to === Number.POSITIVE_INFINITY) return ttl === null ? undefined : "an entry has a deadline";
      const left = ttl === null ? Number.POSITIVE_INFINITY : ttl * 1000;
      const isRight = left >= entry.from - end - tolerance && left <= entry.to - start + tolerance;
      return isRight ? undefined : "the deadline is another one";
    },
  };
}
