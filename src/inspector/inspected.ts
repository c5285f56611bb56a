import type { BaseDriver } from "../core/driver.ts";
import type { AsyncKeyValue, CapabilityMethods } from "../core/protocol.ts";

/** The counts that a store returns if it is wrapped in `statistics`. */
export interface Snapshot {
  readonly collections: Readonly<Record<string, Counts>>;
  readonly other: Counts;
}

/** Counts by the name of the call. */
export type Counts = Readonly<
  Record<
    string,
    {
      readonly calls: number;
      readonly errors: number;
      readonly hits: number;
      readonly misses: number;
      readonly latencyMs: { readonly p50: number; readonly p99: number };
    }
  >
>;

/** The store that is inspected, with what it may have beyond the protocol. */
export type InspectedStore = AsyncKeyValue &
  Partial<CapabilityMethods> & { readonly snapshot?: (() => Snapshot) | undefined };

/** What the pages need to know. */
export interface Inspected {
  readonly store: InspectedStore;
  readonly driver: Pick<BaseDriver, "name" | "consistency">;
  /** How many names a page lists. */
  readonly pageSize: number;
  /** Whether entries may be changed at all. */
  readonly writable: boolean;
}
