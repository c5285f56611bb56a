import type { JsonValue } from "./json.ts";

/** What a backend keeps under a collection and a key. Nobody changes an entry or its value in place. */
export interface Entry {
  readonly value: JsonValue;
  /** When it was put, in epoch milliseconds; `undefined` where another program wrote it and did not say. */
  readonly createdAt?: number | undefined;
  /** From when on it counts as absent, in epoch milliseconds; `undefined`: never. */
  readonly expiresAt?: number | undefined;
  /** Set by drivers with `swap`, at least on `fresh` reads: an opaque string that no later write repeats. */
  readonly version?: string | undefined;
}

/** The place of an entry. */
export interface Address {
  readonly collection: string;
  readonly key: string;
}

/** The entry when it is there and its deadline has not passed. */
export function live<E extends Pick<Entry, "expiresAt">>(entry: E | undefined): E | undefined {
  // Without a deadline this compares `undefined`, which is false.
  return entry && (entry.expiresAt as number) <= Date.now() ? undefined : entry;
}
