/** Which methods stores keep and lose in these wrappers. Checked by the compiler, never run. */
import type { AsyncKeyValue, CapabilitiesOf, Capability, Store } from "../../src/index.ts";
import { cacheThrough } from "../../src/wrappers/cache-through.ts";
import { clampTtl } from "../../src/wrappers/clamp-ttl.ts";
import { defaultValue } from "../../src/wrappers/default-value.ts";
import { fallback } from "../../src/wrappers/fallback.ts";
import { limitSize } from "../../src/wrappers/limit-size.ts";
import { retry } from "../../src/wrappers/retry.ts";
import { route } from "../../src/wrappers/route.ts";
import { seed } from "../../src/wrappers/seed.ts";
import { timeout } from "../../src/wrappers/timeout.ts";

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
declare const either: typeof listed | typeof swapping;

has<Capability>()(retry(full), true);
has<"listKeys" | "cull">()(retry(listed, { retries: 1 }), true);
has<never>()(retry(plain), true);
has<"listKeys">()(retry(either), true);
has<Capability>()(timeout(full, { seconds: 1 }), true);
has<"listKeys" | "swap">()(limitSize(swapping, { maxBytes: 1 }), true);
has<Capability>()(clampTtl(full, { min: 1 }), true);
has<Capability>()(seed(full, { users: { alice: { name: "Alice" } } }), true);
has<never>()(seed({ ...full }, {}), true);

has<Exclude<Capability, "swap">>()(defaultValue(full, 1), true);
has<"listKeys">()(defaultValue(swapping, 1, { ttl: 1 }), true);
// @ts-expect-error: an atomic operation would have to lie about the default
defaultValue(full, 1).increment("a");

has<Capability>()(fallback(full, plain), true);
has<never>()(fallback(plain, full, { writes: true }), true);

has<Capability>()(cacheThrough(full, full, { maxTtl: 1 }), true);
has<Exclude<Capability, "destroy" | "destroyCollection">>()(cacheThrough(full, swapping, { maxTtl: 1 }), true);
has<"listKeys" | "swap">()(cacheThrough(swapping, full, { maxTtl: 1 }), true);
has<never>()(cacheThrough(plain, full, { maxTtl: 1 }), true);
// @ts-expect-error: copies would outlive what was destroyed
cacheThrough(full, plain, { maxTtl: 1 }).destroy();
// @ts-expect-error: how long a copy may be served has to be said
cacheThrough(full, full, {});

has<Capability>()(route({ users: full }, full), true);
has<"listKeys">()(route({ users: listed, flags: swapping }, full), true);
has<"listKeys" | "swap">()(route({ users: full }, swapping), true);
has<never>()(route({ users: plain, flags: full }, full), true);
has<"listKeys">()(route({ stores: { listed, swapping }, pick: (_, key) => key, otherwise: full }), true);
has<never>()(route({ stores: { full }, pick: () => undefined, otherwise: plain }), true);
// @ts-expect-error: one of the stores cannot
route({ users: full, flags: listed }, full).take("a");
// @ts-expect-error: what belongs to no collection has to go somewhere
route({ users: full });

has<"listKeys" | "cull">()(retry(timeout(limitSize(clampTtl(route({ a: listed }, full), { max: 1 }), {}))), true);
