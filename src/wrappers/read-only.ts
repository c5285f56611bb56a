import { type AsyncKeyValue, type Wrapped, wrap } from "../combinators/index.ts";
import { checkOptions, oneOf } from "../core/checks.ts";
import { KeyValueError } from "../core/errors.ts";

/** Options of {@link readOnly}. */
export interface ReadOnlyOptions {
  /** What a write does: `"throw"`, or `"ignore"`, which answers as if nothing was there to change. Default: `"throw"`. */
  readonly onWrite?: "throw" | "ignore" | undefined;
}

/**
 * A store that can be read and listed and nothing else: no `cull`, `destroy`, `destroyCollection` or atomic operation.
 * Its `put`, `putMany`, `delete` and `deleteMany` throw `read_only`, unless told to ignore what they are asked.
 */
export function readOnly<S extends AsyncKeyValue>(
  store: S,
  options: ReadOnlyOptions = {},
): Wrapped<S, "cull" | "destroy" | "destroyCollection" | "swap"> {
  const { onWrite = "throw" } = checkOptions(options);
  oneOf(onWrite, "onWrite", ["throw", "ignore"]);
  return wrap(store, ({ cull: _1, destroy: _2, destroyCollection: _3, swap: _4, apply: _5, ...driver }) => {
    function refuse(collection: string, key: string | undefined): void {
      if (onWrite === "ignore") return;
      throw new KeyValueError("read_only", "the store is read-only", { store: driver.name, collection, key });
    }
    return {
      ...driver,
      write: (collection, items) => refuse(collection, items[0]?.[0]),
      remove: (collection, keys) => refuse(collection, keys[0]) ?? 0,
    };
  });
}
