import { isPlain } from "../../core/kinds.ts";

/** The properties of a session as a request read them, each as JSON text. */
export type Snapshot = ReadonlyMap<string, string | undefined>;

/** Remembers the properties of a session, to find out later which of them a request has changed. */
export function snapshotOf(data: unknown): Snapshot | undefined {
  return isRecord(data) ? new Map(Object.entries(data).map(([name, value]) => [name, textOf(value)])) : undefined;
}

/**
 * Applies to `theirs`, the session in the store, what a request has changed between `base` and `mine`.
 *
 * Changes of different properties all survive; of two changes of one property the later one does. Data that is not an
 * object, or without a `base`, is replaced as a whole.
 */
export function merged<T>(theirs: T, mine: T, base: Snapshot | undefined): T {
  if (!base || !isRecord(theirs) || !isRecord(mine)) return mine;
  // A map takes any name for a property, `__proto__` too.
  const result = new Map(Object.entries(theirs));
  for (const name of base.keys()) {
    if (!Object.hasOwn(mine, name)) result.delete(name);
  }
  for (const [name, value] of Object.entries(mine)) {
    if (!base.has(name) || base.get(name) !== textOf(value)) result.set(name, value);
  }
  return Object.fromEntries(result) as T;
}

function isRecord(data: unknown): data is Record<string, unknown> {
  return typeof data === "object" && data !== null && !Array.isArray(data) && isPlain(data);
}

/** `undefined` for what is no JSON: it counts as changed, and the store says what is wrong with it. */
function textOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
