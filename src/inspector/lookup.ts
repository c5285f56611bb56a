import { type ErrorCode, KeyValueError } from "../core/errors.ts";
import type { InspectedStore } from "./inspected.ts";

/** What is under a key. */
export type Found =
  | { readonly state: "present"; readonly value: unknown; readonly ttl: number | null; readonly version: string }
  | { readonly state: "missing"; readonly version: "" }
  | { readonly state: "damaged"; readonly error: KeyValueError; readonly version: "damaged" };

/** Stands for the version of an entry in a store without versions. No store makes it: a version has no space. */
const UNVERSIONED = "no version";

/** What a read says about the entry itself, and not about the backend. Such an entry can be deleted. */
const DAMAGED = new Set<ErrorCode>([
  "corrupted",
  "wrong_key",
  "unknown_key",
  "tampered",
  "not_encrypted",
  "invalid_value",
  "not_serializable",
]);

/** Reads an entry, with its version if the store has versions. */
export async function lookUp(store: InspectedStore, collection: string, key: string): Promise<Found> {
  try {
    const found = await (store.getWithVersion?.(key, { collection }) ?? store.ttl(key, { collection }));
    if (found === null) return { state: "missing", version: "" };
    return { state: "present", version: UNVERSIONED, ...found };
  } catch (error) {
    if (!(error instanceof KeyValueError) || !DAMAGED.has(error.code)) throw error;
    return { state: "damaged", error, version: "damaged" };
  }
}
