import { type AnyDriver, createStore, toDriver } from "../src/index.ts";
import { batchesOf } from "../src/migration/copy-source.ts";
import { into } from "../src/migration/copy-target.ts";
import { retry } from "../src/wrappers/retry.ts";
import type { Backend } from "./backends/backend.ts";
import type { Destination, Origin } from "./place.ts";

/** A backend as a source or target of a copy. */
export function storePlace({ driver, label, size, close }: Backend, prefix: string): Origin & Destination {
  // A copy that takes hours must survive a broken connection.
  const patient: AnyDriver = toDriver(retry(createStore(driver)));
  return {
    label,
    close,
    batches: (options) => batchesOf(patient, options),
    // This counts the whole database. If it fails, the copy fails too, with a better message.
    total: async ({ collections, cursor }) =>
      prefix || collections || cursor ? undefined : size?.().catch(() => undefined),
    done: ({ copied, skipped, expired, failed }) => copied + skipped + expired + failed,
    put: async (options) => ({ write: into(patient, options), finish: async () => {}, discard: async () => {} }),
  };
}
