import { describe, expect, it } from "#test";
import { nullStore } from "../../src/adapters/null.ts";
import { conformance } from "../../src/conformance/index.ts";
import { type AsyncKeyValue, memoryStore } from "../../src/index.ts";
import { migrating } from "../../src/wrappers/migrating.ts";
import { movedClock } from "../support/clock.ts";
import { withVariants } from "../support/combinations.ts";

const wait = movedClock();

function holds(name: string, factory: () => AsyncKeyValue, except = {}): void {
  conformance({ describe, it, expect }, name, factory, { capabilities: ["cull", "swap"], wait, except });
}

const foreign = (): AsyncKeyValue => ({ ...memoryStore() });
const short = { tombstoneTtl: 60 };

holds("migrating, writing to both stores", () => migrating(memoryStore(), memoryStore(), short));

if (withVariants) {
  holds("migrating, writing to the new store", () =>
    migrating(memoryStore(), memoryStore(), { ...short, write: "to" }),
  );
  holds("migrating without moving", () => migrating(foreign(), memoryStore(), { ...short, backfill: false }));
  holds("migrating at its end", () => migrating(nullStore(), memoryStore(), { tombstoneTtl: 0 }));
  holds("migrating twice", () =>
    migrating(foreign(), migrating(memoryStore(), memoryStore(), { tombstoneTtl: 9 }), short),
  );
  holds("migrating, with entries that end before a tombstone would", () => migrating(memoryStore(), memoryStore()), {
    "an entry keeps its deadline to the millisecond, and when it was created":
      "the creation time of an entry that ends within tombstoneTtl has to say when it ends",
  });
  holds("migrating twice, the inner tombstones last longer", () =>
    migrating(memoryStore(), migrating(memoryStore(), memoryStore(), { tombstoneTtl: 90 }), short),
  );
}
