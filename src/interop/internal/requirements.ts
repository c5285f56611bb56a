import { KeyValueError } from "../../core/errors.ts";
import type { AsyncKeyValue } from "../../core/protocol.ts";
import { supports, toDriver } from "../../core/store.ts";

/** What a bridge needs of a store. */
export interface Requirements {
  /** Reads see every write that finished before them, from anywhere. */
  readonly strong?: boolean;
  /** `take`, `update`, `increment` and `putIfAbsent`. */
  readonly atomic?: boolean;
  /** `listKeys`. */
  readonly listing?: boolean;
  /** It keeps entries until they expire. */
  readonly lossless?: boolean;
}

/**
 * Refuses a store that lacks what a bridge needs.
 *
 * @param bridge The bridge's name, with which the message begins.
 * @throws KeyValueError `misconfigured`.
 */
export function requireStore(
  store: AsyncKeyValue,
  bridge: string,
  { strong, atomic, listing, lossless }: Requirements,
): void {
  const { name, consistency, lossy } = toDriver(store);
  const refuseStore = (need: string, lack: string): never => {
    const message = `${bridge} needs a store ${need}; ${name} ${lack}: use Durable Objects or Redis`;
    throw new KeyValueError("misconfigured", message, { store: name });
  };
  if (atomic && !supports(store, "swap")) refuseStore("with atomic operations", "has none");
  if (strong && consistency !== "strong") refuseStore("that is strongly consistent", "is not");
  if (lossless && lossy) refuseStore("that keeps its entries", "may drop entries here");
  if (listing && !supports(store, "listKeys")) refuseStore("that can list its keys", "cannot");
}
