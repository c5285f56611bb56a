import type { Awaitable } from "../core/driver.ts";
import type { AsyncKeyValue } from "../core/protocol.ts";
import { argumentChecks } from "./chapters/arguments.ts";
import { atomics } from "./chapters/atomics.ts";
import { bulk } from "./chapters/bulk.ts";
import { capabilityArguments } from "./chapters/capability-arguments.ts";
import { collectionListings } from "./chapters/collection-listings.ts";
import { concurrency } from "./chapters/concurrency.ts";
import { copies } from "./chapters/copies.ts";
import { driverContract } from "./chapters/driver-contract.ts";
import { errors } from "./chapters/errors.ts";
import { expiry } from "./chapters/expiry.ts";
import { keyListings } from "./chapters/key-listings.ts";
import { methods } from "./chapters/methods.ts";
import { names } from "./chapters/names.ts";
import { operations } from "./chapters/operations.ts";
import { reclaiming } from "./chapters/reclaiming.ts";
import { type ConformanceOptions, type Runner, type Suite, suiteOf } from "./chapters/suite.ts";
import { update } from "./chapters/update.ts";
import { values } from "./chapters/values.ts";
import { versions } from "./chapters/versions.ts";

export type { ConformanceOptions, Matchers, Runner } from "./chapters/suite.ts";

const CHAPTERS: readonly (readonly [title: string, chapter: (suite: Suite) => void])[] = [
  ["methods", methods],
  ["arguments", argumentChecks],
  ["arguments of capabilities", capabilityArguments],
  ["copies", copies],
  ["values", values],
  ["names", names],
  ["expiry", expiry],
  ["bulk", bulk],
  ["listing keys", keyListings],
  ["listing collections", collectionListings],
  ["destroying and culling", reclaiming],
  ["atomic operations", atomics],
  ["operations", operations],
  ["update", update],
  ["versions", versions],
  ["concurrency", concurrency],
  ["errors", errors],
  ["driver", driverContract],
];

/**
 * Registers the tests that every store must pass, with your test runner's own functions.
 *
 * The suite calls `factory` once for each test. The factory may return a new store or the same one: each test works in
 * its own collection, but the suite empties a store that has `destroy`. Of a capability that the store lacks, the suite
 * only checks that its methods are missing. It takes the limits from the store's driver. An eventually consistent store
 * must still read its own writes, so use a simulator that does.
 *
 * @throws Error when `except` names a test that does not exist.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { conformance } from "edge-key-value/conformance";
 * import { describe, expect, it } from "vitest";
 *
 * conformance({ describe, it, expect }, "memory", () => memoryStore(), { ordered: true });
 * ```
 */
export function conformance(
  runner: Runner,
  name: string,
  factory: () => Awaitable<AsyncKeyValue>,
  options: ConformanceOptions = {},
): void {
  const known = new Set<string>();
  runner.describe(name, () => {
    const suite = suiteOf(runner, factory, options, known);
    for (const [title, chapter] of CHAPTERS) runner.describe(title, () => chapter(suite));
  });
  const unknown = Object.keys(options.except ?? {}).filter((name) => !known.has(name));
  if (known.size > 0 && unknown.length > 0) throw new Error(`no such tests: ${unknown.join(", ")}`);
}
