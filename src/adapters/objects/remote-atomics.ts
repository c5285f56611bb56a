import type { AnyDriver, Apply, Driver } from "../../core/driver.ts";
import { callOnce } from "./call-once.ts";
import { objectOperations } from "./operations.ts";
import type { Remote } from "./remote.ts";
import type { WireSwap } from "./wire.ts";

/** Atomic operations, each of them one call to the object that keeps the entry. */
export function remoteAtomics(
  remote: Remote,
): Pick<Driver<"swap">, "swap"> & Required<Pick<AnyDriver, "apply" | "operations">> {
  const { placement, caller, codec, onCorrupt, told, toRow, fromRow } = remote;

  const apply: Apply = async (collection, key, { name }, args) => {
    codec.checkSize(collection, key);
    const object = placement.objectOf(collection, key);
    const result = await told({ collection, key }, () =>
      callOnce(
        caller,
        object,
        [collection, key],
        (once) => caller.call(object, "apply", collection, key, { name, args, onCorrupt }, once),
        (receipt) => receipt.result,
      ),
    );
    return JSON.parse(result);
  };

  return {
    operations: objectOperations,
    apply,

    async swap(collection, key, expected, next) {
      codec.checkSize(collection, key);
      const json = next && codec.encode(collection, key, next.value);
      const object = placement.objectOf(collection, key);
      const result = await told({ collection, key }, () =>
        callOnce<WireSwap>(
          caller,
          object,
          [collection, key],
          (once) => {
            const row = next && json !== undefined ? toRow(next, json) : undefined;
            return caller.call(object, "swap", collection, key, { expected, next: row, onCorrupt }, once);
          },
          ({ version }) => ({ ok: true, version }),
        ),
      );
      return result.ok ? result : { ok: false, current: fromRow(collection, key, result.current) };
    },
  };
}
