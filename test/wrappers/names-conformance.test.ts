import { describe, expect, it } from "#test";
import { conformance } from "../../src/conformance/index.ts";
import { type AsyncKeyValue, type Capability, memoryStore } from "../../src/index.ts";
import { instrument } from "../../src/wrappers/instrument.ts";
import { log } from "../../src/wrappers/log.ts";
import { prefixCollections } from "../../src/wrappers/prefix-collections.ts";
import { prefixKeys } from "../../src/wrappers/prefix-keys.ts";
import { singleCollection } from "../../src/wrappers/single-collection.ts";
import { statistics } from "../../src/wrappers/statistics.ts";
import { movedClock } from "../support/clock.ts";
import { withVariants } from "../support/combinations.ts";

const runner = { describe, it, expect };
const own: Capability[] = ["listKeys", "cull", "swap"];
const collections: Capability[] = [...own, "listCollections", "destroyCollection"];
const all: Capability[] = [...collections, "destroy"];

const wait = movedClock();

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const hostile = "a::%\uD83D:";

type Case = readonly [name: string, make: () => AsyncKeyValue, capabilities: Capability[]];

const wrappers: readonly Case[] = [
  ["prefixKeys with a hostile prefix", () => prefixKeys(memoryStore(), hostile), own],
  ["prefixCollections with a hostile prefix", () => prefixCollections(memoryStore(), hostile), collections],
  ["singleCollection", () => singleCollection(memoryStore(), "all"), own],
  ["log", () => log(memoryStore(), { logger: silent, values: true }), all],
  ["statistics", () => statistics(memoryStore()), all],
  ["instrument", () => instrument(memoryStore(), { onOperation: (_, run) => run() }), all],
];

const variants: readonly Case[] = [
  ["prefixKeys", () => prefixKeys(memoryStore(), "tenant"), own],
  ["prefixCollections", () => prefixCollections(memoryStore(), "tenant"), collections],
  [
    "all of them",
    () => {
      const seen = instrument(log(memoryStore(), { logger: silent }), { onOperation: (_, run) => run() });
      return statistics(prefixKeys(prefixCollections(singleCollection(seen, "all"), "a"), "b"));
    },
    own,
  ],
  [
    "all of them over a spread store",
    () => prefixKeys(prefixCollections(statistics({ ...memoryStore() }), "a"), "b"),
    [],
  ],
];

for (const [name, make, capabilities] of withVariants ? [...wrappers, ...variants] : wrappers) {
  conformance(runner, `${name} over memory`, make, { capabilities, ordered: true, wait });
}

/** Two tenants of one store that is never emptied: the other's entries are always there. */
const tenants = [
  ["prefixKeys", prefixKeys],
  ["prefixCollections", prefixCollections],
] as const;
for (const [name, tenant] of withVariants ? tenants : []) {
  const base = memoryStore();
  for (const [prefix, other] of [
    ["a", "ab"],
    ["ab", "a"],
  ] as const) {
    conformance(
      runner,
      `${name}, ${prefix} beside ${other}`,
      async () => {
        const neighbour = tenant(base, other);
        await neighbour.putMany([
          ["a", 1],
          ["b1", 1],
          ["", 1],
        ]);
        return tenant(base, prefix);
      },
      { ordered: true, wait },
    );
  }
}
