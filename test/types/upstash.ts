/** What the types of the Upstash store promise. Checked by the compiler, never run. */
import { Redis } from "@upstash/redis";
import { type UpstashClient, type UpstashStoreOptions, upstashStore } from "../../src/adapters/upstash.ts";
import type { CapabilitiesOf } from "../../src/index.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only for `true`. */
function proves<_Claim extends true>(): void {}

type Shared = "listKeys" | "listCollections" | "destroyCollection" | "swap";

const redis = new Redis({ url: "https://example.com", token: "token" });
const shared = upstashStore(redis, { defaultCollection: "users", onCorrupt: "miss", consistency: "eventual" });
const owned = upstashStore(redis, { keyPrefix: "app:" });
proves<Equal<CapabilitiesOf<typeof shared>, Shared>>();
proves<Equal<CapabilitiesOf<typeof owned>, Shared | "destroy">>();

export function options(some: UpstashStoreOptions, client: UpstashClient) {
  // @ts-expect-error: whether there is a prefix is not known, so neither is whether the store may be emptied
  upstashStore(redis, some).destroy();
  // @ts-expect-error: Redis expires by itself, there is nothing to cull
  owned.cull();
  // @ts-expect-error: no such policy
  upstashStore(client, { onCorrupt: "ignore" });
}
