import type { OnCorrupt } from "../../core/corrupt.ts";
import type { AnyDriver, Driver } from "../../core/driver.ts";
import type { Caller } from "./caller.ts";
import { ROW_BYTES } from "./entry-codec.ts";
import type { Placement } from "./placement.ts";
import { remote } from "./remote.ts";
import { remoteAtomics } from "./remote-atomics.ts";
import { remoteEntries } from "./remote-entries.ts";
import { remoteListings } from "./remote-listings.ts";

/**
 * A driver that keeps entries in objects. It has the listings that its placement allows: for those it must be able to name the
 * objects.
 */
export function remoteDriver(
  store: string,
  placement: Placement,
  caller: Caller,
  onCorrupt: OnCorrupt,
): Driver<"swap"> & AnyDriver {
  const parts = remote(store, placement, caller, onCorrupt);
  const entries = remoteEntries(parts);
  return {
    name: store,
    consistency: "strong",
    limits: { keyBytes: ROW_BYTES, valueBytes: ROW_BYTES },
    ...entries,
    freshRead: entries.read,
    ...remoteAtomics(parts),
    ...remoteListings(parts),
  };
}
