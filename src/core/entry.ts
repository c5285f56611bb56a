import type { JsonValue } from "./json.ts";

/** What a backend keeps under a collection and a key. Entries and their values are never changed in place. */
export interface Entry {
  readonly value: JsonValue;
  /** When the entry was put, in epoch milliseconds; `undefined` if another program wrote the entry without this time. */
  readonly createdAt?: number | undefined;
  /** The deadline, in epoch milliseconds: from then on the entry counts as absent. `undefined`: it never expires. */
  readonly expiresAt?: number | undefined;
  /**
   * An opaque string that no later write repeats, in characters that an HTTP entity tag may hold. Drivers with `swap`
   * set it, at least on `fresh` reads.
   */
  readonly version?: string | undefined;
  /**
   * Set on the next entry of a swap whose deadline is that of the entry it replaces. A backend with a clock of its own
   * then leaves the stored deadline alone, since a deadline that travels there and back moves by the time it takes.
   */
  readonly keepsDeadline?: true | undefined;
}

/** Where an entry is. */
export interface Address {
  readonly collection: string;
  readonly key: string;
}

/** Returns the entry if there is one and its deadline has not passed. */
export function live<E extends Pick<Entry, "expiresAt">>(entry: E | undefined): E | undefined {
  // Most entries have no deadline, and asking for the time costs more than the rest.
  return entry?.expiresAt !== undefined && entry.expiresAt <= Date.now() ? undefined : entry;
}
