/** What the stores of a browser take and can do. Checked by the compiler, never run. */
import { indexedDBStore } from "../../src/adapters/indexed-db.ts";
import { webStorageStore } from "../../src/adapters/web-storage.ts";
import type { CapabilitiesOf, Capability } from "../../src/index.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only for `true`. */
function proves<_Claim extends true>(): void {}

export async function browser(): Promise<void> {
  await using database = indexedDBStore("app", { onCorrupt: "miss" });
  proves<Equal<CapabilitiesOf<typeof database>, Capability>>();
  const page = webStorageStore(localStorage, { keyPrefix: "app:" });
  webStorageStore(sessionStorage);
  proves<Equal<CapabilitiesOf<typeof page>, Exclude<Capability, "swap">>>();
  // @ts-expect-error: two tabs may write at the same time
  page.increment("k");
  // @ts-expect-error: a name, not a database
  indexedDBStore(indexedDB);
  // @ts-expect-error: no storage
  webStorageStore(new Map());
}
