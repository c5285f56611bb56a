/** That the real clients fit what the Deno KV store asks for. Checked by the compiler, never run. */
import type { Kv } from "@deno/kv";
import { denoKVStore } from "../../src/adapters/deno-kv.ts";
import type { CapabilitiesOf, Capability } from "../../src/index.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only for `true`. */
function proves<_Claim extends true>(): void {}

export function denoKV(kv: Kv): void {
  const store = denoKVStore(kv, { keyPrefix: ["app"], consistency: "eventual" });
  proves<Equal<CapabilitiesOf<typeof store>, Capability>>();
  // @ts-expect-error: no Deno KV
  denoKVStore(new Map());
  // @ts-expect-error: a prefix is an array
  denoKVStore(kv, { keyPrefix: "app" });
}
