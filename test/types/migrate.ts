/** What can be copied and migrated, and which methods are left meanwhile. Checked by the compiler, never run. */
import type { AsyncKeyValue, CapabilitiesOf, Capability, Store } from "../../src/index.ts";
import { type CopyProgress, copy } from "../../src/migrate.ts";
import { migrating } from "../../src/wrappers/migrating.ts";

type Equal<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
/** Compiles when the store has exactly these capabilities. */
declare function has<C extends Capability>(): <S extends AsyncKeyValue>(
  store: S,
  same: Equal<CapabilitiesOf<S>, C>,
) => void;

declare const full: Store<Capability>;
declare const listed: Store<"listKeys" | "cull">;
declare const swapping: Store<"swap" | "listKeys">;
declare const plain: AsyncKeyValue;

has<"swap" | "cull">()(migrating(plain, full), true);
has<"swap">()(migrating(full, swapping, { write: "to", backfill: false, tombstoneTtl: 60 }), true);
// @ts-expect-error: without atomic operations in the new store an old value could replace a newer one
migrating(full, listed);
// @ts-expect-error: what a spread store can do is not known
migrating(full, { ...full });
// @ts-expect-error: no listing of two stores is right while entries move
migrating(full, full).keys();
// @ts-expect-error: there are two ways to write
migrating(full, full, { write: "from" });

const result: Promise<CopyProgress> = copy(full, plain);
copy(listed, plain, { collections: ["users"], cursor: (await result).cursor });
// @ts-expect-error: a source that cannot list its collections needs their names
copy(listed, plain);
// @ts-expect-error: a source lists its keys
copy(plain, full, { collections: ["users"] });
