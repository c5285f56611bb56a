import type { Entry } from "./entry.ts";
import type { JsonValue } from "./json.ts";

/** The outcome of an operation: the next entry, and the result for the caller. */
export interface Step<R> {
  /** The same entry: nothing changes. `undefined`: the entry is removed. */
  readonly next: Entry | undefined;
  readonly result: R;
}

/**
 * A kind of atomic operation. Its name and arguments are plain data that can be sent to the backend, and `run` defines what
 * they do. A backend that cannot run JavaScript has its own implementation, which must do the same.
 */
export interface Operation<A extends JsonValue, R extends JsonValue> {
  readonly name: string;
  /** A pure function of a live entry (`undefined`: there is none), the arguments and the time in epoch milliseconds. */
  run(entry: Entry | undefined, args: A, now: number): Step<R>;
}
