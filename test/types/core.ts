/** What the types of the core promise, and above all what must not compile. Checked by the compiler, never run. */

import { intercept, type Remapped, remap, transform, wrap } from "../../src/combinators/index.ts";
import type {
  AsyncKeyValue,
  BaseDriver,
  CapabilitiesOf,
  Capability,
  CapabilityMethods,
  Store,
  StrictKeyValue,
} from "../../src/index.ts";
import { createStore, KeyValueError, memoryStore, supports, toDriver } from "../../src/index.ts";
import { CopyError } from "../../src/migrate.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only for `true`. */
function proves<_Claim extends true>(): void {}

interface User {
  name: string;
  tags?: string[];
}

type Protocol = "get" | "getMany" | "ttl" | "ttlMany" | "put" | "putMany" | "delete" | "deleteMany";
/** The names of a store's methods and properties, without the mark that only exists in the type. */
type NamesOf<S> = Exclude<Extract<keyof S, string>, "~capabilities">;

// A store has exactly the methods of its capabilities.
proves<Equal<NamesOf<Store>, Protocol | "defaultCollection">>();
proves<Equal<NamesOf<Store<"listKeys">>, Protocol | "defaultCollection" | "listKeys" | "keys">>();
proves<Equal<NamesOf<Store<"listCollections">>, Protocol | "defaultCollection" | "listCollections" | "collections">>();
proves<Equal<NamesOf<Store<"destroyCollection">>, Protocol | "defaultCollection" | "destroyCollection">>();
proves<Equal<NamesOf<Store<"destroy">>, Protocol | "defaultCollection" | "destroy">>();
proves<Equal<NamesOf<Store<"cull">>, Protocol | "defaultCollection" | "cull">>();
type Atomic = "putIfAbsent" | "take" | "update" | "increment" | "touch";
type Versioned = "getWithVersion" | "putIfVersion" | "deleteIfVersion";
proves<Equal<NamesOf<Store<"swap">>, Protocol | "defaultCollection" | Atomic | Versioned>>();
proves<Equal<NamesOf<Store<Capability>>, Protocol | "defaultCollection" | keyof CapabilityMethods>>();
proves<Equal<CapabilitiesOf<Store>, never>>();
proves<Equal<CapabilitiesOf<Store<"cull" | "swap">>, "cull" | "swap">>();

export async function missingCapabilities(plain: Store, listing: Store<"listKeys">): Promise<void> {
  await listing.listKeys({ collection: "users", prefix: "a", cursor: "c", limit: 1 });
  for await (const key of listing.keys()) proves<Equal<typeof key, string>>();
  // @ts-expect-error: the store cannot list
  plain.keys();
  // @ts-expect-error: the store cannot swap
  listing.putIfAbsent("key", 1);
  // @ts-expect-error: the store cannot be destroyed
  listing.destroy();
  // @ts-expect-error: a store that can do less is not one that can do more
  const more: Store<"listKeys" | "swap"> = listing;
  const less: Store = listing;
  const least: AsyncKeyValue = more ?? less;
  // @ts-expect-error: an interface of the protocol alone promises no capability
  least.cull();
}

export async function results(store: Store<"swap">, user: User): Promise<void> {
  // An interface can be put, though it is not assignable to a JSON type.
  await store.put("user:123", user, { collection: "users", ttl: 3600 });
  await store.putMany([["a", user]]);
  await store.putMany(new Map([["a", user]]));
  const got = await store.get<User>("a");
  proves<Equal<typeof got, User | null>>();
  const unknown = await store.get("a");
  proves<Equal<typeof unknown, unknown>>();
  const many = await store.getMany<User>(["a"]);
  proves<Equal<typeof many, (User | null)[]>>();
  const withTtl = await store.ttl<User>("a");
  if (withTtl) proves<Equal<(typeof withTtl)["value"], User>>();
  if (withTtl) proves<Equal<(typeof withTtl)["ttl"], number | null>>();
  const taken = await store.take<User>("a");
  proves<Equal<typeof taken, User | null>>();
  const updated = await store.update<User>("a", (old) => {
    proves<Equal<typeof old, User | null>>();
    return old && { ...old, name: "Bob" };
  });
  proves<Equal<typeof updated, User | null>>();
  const sum = await store.increment("n", 2, { ttl: 60, signal: AbortSignal.timeout(1000) });
  proves<Equal<typeof sum, number>>();
  // @ts-expect-error: what may be missing must be looked at first
  got.name;
  // @ts-expect-error: a key is a string
  store.get(1);
  // @ts-expect-error: a time to live is a number of seconds
  store.put("a", 1, { ttl: "60" });
  // @ts-expect-error: an option that there is not
  store.put("a", 1, { expires: 60 });
  // @ts-expect-error: a read takes no time to live
  store.get("a", { ttl: 60 });
  // Options that came in as optional can be passed on as they are.
  const options: { collection?: string } = {};
  await store.get("a", { collection: options.collection });
}

export function drivers(): void {
  const base = {
    name: "mine",
    consistency: "strong",
    read: (_: string, keys: readonly string[]) => keys.map(() => undefined),
    write: () => {},
    remove: () => 0,
  } as const satisfies BaseDriver;

  // A driver literal infers its capabilities.
  const plain = createStore(base);
  proves<Equal<CapabilitiesOf<typeof plain>, never>>();
  const two = createStore({
    ...base,
    cull: () => 0,
    async listKeys(collection, { prefix = "" }) {
      return { names: [collection + prefix] };
    },
  });
  proves<Equal<CapabilitiesOf<typeof two>, "cull" | "listKeys">>();
  two.cull();
  // @ts-expect-error: this driver cannot destroy
  two.destroy();
  const inline = createStore({
    name: "x",
    consistency: "eventual",
    read: (_, keys) => keys.map(() => undefined),
    write() {},
    remove: () => 0,
    destroy: () => true,
  });
  proves<Equal<CapabilitiesOf<typeof inline>, "destroy">>();
  // @ts-expect-error: there are two kinds of consistency
  createStore({ ...base, consistency: "weak" });
  // @ts-expect-error: a driver writes
  createStore({ name: "x", consistency: "strong", read: () => [], remove: () => 0 });
  // @ts-expect-error: culling says how many
  createStore({ ...base, cull: () => "many" });

  const driver = toDriver(two);
  proves<Equal<CapabilitiesOf<typeof driver>, "cull" | "listKeys">>();
  driver.cull();
  // @ts-expect-error: this driver cannot swap
  driver.swap("c", "k", undefined, undefined);
}

export function unions(condition: boolean, a: Store<"swap" | "cull">, b: Store<"cull" | "listKeys">): void {
  const either = condition ? a : b;
  proves<Equal<CapabilitiesOf<typeof either>, "cull">>();
  either.cull();
  const wrapped = wrap(either, (driver) => driver);
  proves<Equal<CapabilitiesOf<typeof wrapped>, "cull">>();
  // @ts-expect-error: only one of the two can swap
  wrapped.take("a");
  const unknown: AsyncKeyValue = either;
  if (supports(unknown, "swap")) {
    unknown.take("a");
    // @ts-expect-error: only swap was asked for
    unknown.keys();
  }
  // @ts-expect-error: narrowed no more
  unknown.take("a");
  if (supports(either, "listKeys")) {
    either.keys();
    either.cull();
  }
  // @ts-expect-error: no such capability
  supports(either, "fly");
}

export function strangers(): void {
  const store = memoryStore();
  // A spread store has all its methods, and none of them for a wrapper, which knows nothing of them.
  const spread = { ...store, get: async () => null };
  proves<Equal<CapabilitiesOf<typeof spread>, never>>();
  spread.keys();
  const wrapped = wrap(spread, (driver) => driver);
  // @ts-expect-error: lost with the spreading
  wrapped.keys();
  class Mine implements AsyncKeyValue {
    declare get: AsyncKeyValue["get"];
    declare getMany: AsyncKeyValue["getMany"];
    declare ttl: AsyncKeyValue["ttl"];
    declare ttlMany: AsyncKeyValue["ttlMany"];
    declare put: AsyncKeyValue["put"];
    declare putMany: AsyncKeyValue["putMany"];
    declare delete: AsyncKeyValue["delete"];
    declare deleteMany: AsyncKeyValue["deleteMany"];
    cull = async () => 0;
  }
  const mine = wrap(new Mine(), (driver) => driver);
  proves<Equal<CapabilitiesOf<typeof mine>, never>>();
  // @ts-expect-error: a wrapper speaks through the eight methods of a store that it does not know
  mine.cull();
  // @ts-expect-error: seven methods are no store
  wrap({ ...new Mine(), get: undefined }, (driver) => driver);
}

export async function closing(): Promise<void> {
  const base = {
    name: "mine",
    consistency: "strong",
    read: (_: string, keys: readonly string[]) => keys.map(() => undefined),
    write: () => {},
    remove: () => 0,
  } as const satisfies BaseDriver;
  await using closed = createStore({ ...base, close: () => {} });
  await closed.get("a");
  await using around = wrap(closed, (driver) => driver);
  await around.get("a");
  // @ts-expect-error: there is nothing to close
  await using open = createStore(base);
  await open.get("a");
}

export function combinators(store: Store<Capability>): void {
  const identity = (name: string) => name;
  const both = { to: identity, from: identity };
  type Keeps = "listKeys" | "cull" | "swap";
  const driver = toDriver(store);

  const byKey = remap(driver, { key: both });
  proves<Equal<CapabilitiesOf<typeof byKey>, Keeps>>();
  const byCollection = remap(driver, { collection: both });
  proves<Equal<CapabilitiesOf<typeof byCollection>, Keeps | "listCollections" | "destroyCollection">>();
  const oneWay = remap(driver, { collection: { to: identity } });
  proves<Equal<CapabilitiesOf<typeof oneWay>, Keeps>>();
  // Where it is only known at run time what is renamed, nothing is promised that may be gone.
  proves<Equal<Remapped<typeof driver, Parameters<typeof remap>[1]>, Keeps>>();
  // @ts-expect-error: keys must be found again
  remap(driver, { key: { to: identity } });

  const changed = transform(driver, { encode: (entry) => entry, decode: () => undefined });
  proves<Equal<CapabilitiesOf<typeof changed>, Capability>>();
  const watched = intercept(driver, (_, proceed) => proceed());
  proves<Equal<CapabilitiesOf<typeof watched>, Capability>>();
  // @ts-expect-error: a result cannot be made up
  intercept(driver, async () => 0);

  const wrapped = wrap(store, (driver) => driver);
  proves<Equal<CapabilitiesOf<typeof wrapped>, Capability>>();
}

/** `instanceof` narrows to the class that it names, also to one that extends KeyValueError. */
export function narrowed(error: unknown): string | number | undefined {
  if (error instanceof CopyError) return error.progress.copied;
  return error instanceof KeyValueError ? error.code : undefined;
}

// A strict store takes what JSON keeps, whatever type says so, and nothing that JSON would change.
declare const strict: StrictKeyValue;
interface Session {
  readonly user: { name: string; tags?: readonly string[] };
  seen: number | null;
}
declare const session: Session;
void strict.put("k", session);
void strict.put("k", [1, "a", { b: [true, null] }] as const);
void strict.put("k", JSON.parse("1"));
void strict.put("k", session as unknown);
void strict.putMany([["a", { n: 1 }]]);
void (memoryStore() satisfies StrictKeyValue);
// @ts-expect-error: a date comes back as text
void strict.put("k", new Date());
// @ts-expect-error: so does one inside of an object
void strict.put("k", { ...session, at: new Date() });
// @ts-expect-error: a map comes back as {}
void strict.put("k", [new Map([["a", 1]])]);
// @ts-expect-error: JSON has no bigint
void strict.put("k", 1n);
// @ts-expect-error: a function is dropped
void strict.put("k", { run() {} });
// @ts-expect-error: bytes come back as an object
void strict.putMany([["k", { bytes: new Uint8Array(1) }]]);
