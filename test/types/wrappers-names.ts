/** What the wrappers that rename and observe keep and lose, in their types. Checked by the compiler, never run. */
import { nullStore } from "../../src/adapters/null.ts";
import type { AsyncKeyValue, CapabilitiesOf, Capability, Store } from "../../src/index.ts";
import { instrument } from "../../src/wrappers/instrument.ts";
import { log } from "../../src/wrappers/log.ts";
import { prefixCollections } from "../../src/wrappers/prefix-collections.ts";
import { prefixKeys } from "../../src/wrappers/prefix-keys.ts";
import { readOnly } from "../../src/wrappers/read-only.ts";
import { singleCollection } from "../../src/wrappers/single-collection.ts";
import { type Statistics, statistics } from "../../src/wrappers/statistics.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only for `true`. */
function proves<_Claim extends true>(): void {}

export function wrappers(all: Store<Capability>, some: Store<"listKeys" | "destroy">, plain: AsyncKeyValue): void {
  const keys = prefixKeys(all, "a");
  proves<Equal<CapabilitiesOf<typeof keys>, "listKeys" | "cull" | "swap">>();
  // @ts-expect-error: would reach beyond the prefix
  keys.destroy();
  // @ts-expect-error: would reach beyond the prefix
  keys.destroyCollection();
  // @ts-expect-error: would reach beyond the prefix
  keys.collections();
  const fewKeys = prefixKeys(some, "a");
  proves<Equal<CapabilitiesOf<typeof fewKeys>, "listKeys">>();
  const twice = prefixKeys(prefixCollections(all, "a"), "b");
  proves<Equal<CapabilitiesOf<typeof twice>, "listKeys" | "cull" | "swap">>();

  const collections = prefixCollections(all, "a");
  proves<Equal<CapabilitiesOf<typeof collections>, Exclude<Capability, "destroy">>>();
  // @ts-expect-error: would reach beyond the prefix
  collections.destroy();

  const single = singleCollection(all, "a");
  proves<Equal<CapabilitiesOf<typeof single>, "listKeys" | "cull" | "swap">>();
  // @ts-expect-error: would have to read every key
  single.listCollections();

  const reading = readOnly(all);
  proves<Equal<CapabilitiesOf<typeof reading>, "listKeys" | "listCollections">>();
  // @ts-expect-error: changes something
  reading.cull();
  // @ts-expect-error: changes something
  reading.take("a");
  // @ts-expect-error: no such answer to a write
  readOnly(all, { onWrite: "skip" });

  const logged = log(some, { logger: console, level: "debug", values: true, structured: true });
  proves<Equal<CapabilitiesOf<typeof logged>, "listKeys" | "destroy">>();
  // @ts-expect-error: no such level
  log(some, { level: "loud" });

  const counted = statistics(all, { maxCollections: 10 });
  proves<Equal<CapabilitiesOf<typeof counted>, Capability>>();
  const asStatistics: Statistics = counted;
  asStatistics.reset();
  const above = prefixKeys(counted, "a");
  proves<Equal<CapabilitiesOf<typeof above>, "listKeys" | "cull" | "swap">>();
  // @ts-expect-error: the counts are those of the store below
  above.snapshot();

  const observed = instrument(all, {
    onOperation: async ({ operation, collection, store }, run) => {
      const { durationMs, hits, error } = await run();
      return [operation, collection, store, durationMs, hits, error];
    },
  });
  proves<Equal<CapabilitiesOf<typeof observed>, Capability>>();
  instrument(all, {
    // @ts-expect-error: values are not shown
    onOperation: ({ entries }, run) => [entries, run],
  });
  // @ts-expect-error: somebody has to look
  instrument(all, {});

  for (const foreign of [
    prefixKeys(plain, "a"),
    singleCollection(plain, "a"),
    readOnly(plain),
    log(plain),
    statistics(plain),
  ]) {
    proves<Equal<CapabilitiesOf<typeof foreign>, never>>();
  }

  const nothing = nullStore();
  proves<Equal<CapabilitiesOf<typeof nothing>, Exclude<Capability, "swap">>>();
  // @ts-expect-error: every caller would be the first
  nothing.putIfAbsent("a", 1);
}
