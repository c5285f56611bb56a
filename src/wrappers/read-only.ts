import { type AsyncKeyValue, type Wrapped, wrap } from "../combinators/index.ts";
import { checkOptions, oneOf } from "../core/checks.ts";
import { KeyValueError } from "../core/errors.ts";

/** Options of {@link readOnly}. */
export interface ReadOnlyOptions {
  /**
   * What a write does: `"throw"`, or `"ignore"`, which returns as if there had been nothing to change. Default: `"throw"`.
   */
  readonly onWrite?: "throw" | "ignore" | undefined;
}

/**
 * Makes a store that can only be read and listed. It has no `cull`, `destroy`, `destroyCollection` or atomic operations.
 *
 * `put`, `putMany`, `delete` and `deleteMany` throw `read_only`, unless `onWrite` is `"ignore"`.
 *
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { readOnly } from "edge-key-value/wrappers/read-only";
 *
 * const settings = memoryStore();
 * const forPlugins = readOnly(settings);
 * await forPlugins.get("theme");
 * ```
 */
export function readOnly<S extends AsyncKeyValue>(
  store: S,
  options: ReadOnlyOptions = {},
): Wrapped<S, "cull" | "destroy" | "destroyCollection" | "swap"> {
  const { onWrite = "throw" } = checkOptions(options);
  oneOf(onWrite, "onWrite", ["throw", "ignore"]);
  return wrap(store, (driver) => {
    const { name, cull: _1, destroy: _2, destroyCollection: _3, swap: _4, apply: _5, operations: _6, ...rest } = driver;
    function refuseUnlessIgnored(collection: string, key: string | undefined): void {
      if (onWrite === "ignore") return;
      throw new KeyValueError("read_only", "the store is read-only", { store: name, collection, key });
    }
    return {
      ...rest,
      name,
      write(collection, items) {
        refuseUnlessIgnored(collection, items[0]?.[0]);
      },
      remove(collection, keys) {
        refuseUnlessIgnored(collection, keys[0]);
        return 0;
      },
    };
  });
}
