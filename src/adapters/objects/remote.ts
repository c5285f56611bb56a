import type { OnCorrupt } from "../../core/corrupt.ts";
import type { Entry } from "../../core/entry.ts";
import type { ErrorDetails } from "../../core/errors.ts";
import type { Caller } from "./caller.ts";
import { receiveDeadline, sendDeadline } from "./deadlines.ts";
import { type EntryCodec, entryCodec } from "./entry-codec.ts";
import { otherRelease, toObjectError } from "./failure.ts";
import type { Placement } from "./placement.ts";
import type { ReadRow, WireRow } from "./wire.ts";

/** What the parts of the driver of remote objects share. */
export interface Remote {
  /** The name of the store, for messages. */
  readonly store: string;
  readonly placement: Placement;
  readonly caller: Caller;
  readonly codec: EntryCodec;
  readonly onCorrupt: OnCorrupt;
  /** Turns the failures of calls into errors that say where they happened. */
  told<R>(details: ErrorDetails, call: () => Promise<R>): Promise<R>;
  /** The row of an entry as it is sent now. */
  toRow(entry: Entry, json: string): WireRow;
  /** The entry in a row that an object has sent. */
  fromRow(collection: string, key: string, row: ReadRow | undefined): Entry | undefined;
}

export function remote(store: string, placement: Placement, caller: Caller, onCorrupt: OnCorrupt): Remote {
  const codec = entryCodec(store, onCorrupt);
  return {
    store,
    placement,
    caller,
    codec,
    onCorrupt,

    async told(details, call) {
      try {
        return await call();
      } catch (error) {
        throw toObjectError(error, { store, ...details });
      }
    },

    toRow({ createdAt, expiresAt, keepsDeadline }, json) {
      return { json, createdAt, deadline: sendDeadline(expiresAt), keepsDeadline };
    },

    fromRow(collection, key, row) {
      if (row === null || row === undefined) return undefined;
      const sent = typeof row === "string" ? { json: row } : row;
      if (!("json" in sent) && !sent.damaged) {
        throw otherRelease({ store, collection, key });
      }
      const { json, createdAt, deadline, version }: Partial<WireRow> = "json" in sent ? sent : {};
      const value = codec.decode(collection, key, json);
      if (value === undefined) return undefined;
      return { value, createdAt, expiresAt: receiveDeadline(deadline), version };
    },
  };
}
