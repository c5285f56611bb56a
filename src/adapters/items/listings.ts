import type { Driver } from "../../core/driver.ts";
import { KeyValueError } from "../../core/errors.ts";
import { pageOf } from "../../core/order.ts";
import { each } from "./each.ts";
import { type Address, liveEntry, type Opened, open } from "./envelope.ts";
import { storageFailure } from "./failure.ts";
import { addressOf, collectionPrefix, isHashed, nameOf } from "./names.ts";
import type { ItemStorage, ListCapability } from "./storage.ts";

/** Names that are read at once, to look which have expired. */
const CHUNK = 100;

/** A name in the storage, and what is under it once that was read. */
interface Named {
  readonly name: string;
  readonly address: Address;
  readonly opened?: Opened;
}

/**
 * The listings of storage that returns all its names. Each page lists them all, and reads the entries of the page to leave
 * out what has expired. A value that is not an entry is not listed, and never destroyed.
 */
export function itemListings(storage: ItemStorage): Pick<Driver<ListCapability>, ListCapability> {
  const store = storage.name;
  if (!storage.names) {
    throw new KeyValueError("misconfigured", `${store} cannot list its keys: leave out "listings"`, { store });
  }
  const list = storage.names;

  async function read(names: readonly string[]): Promise<Opened[]> {
    const opened: Opened[] = [];
    for (let at = 0; at < names.length; at += CHUNK) {
      opened.push(...(await storage.get(names.slice(at, at + CHUNK))).map(open));
    }
    return opened;
  }

  /** Returns the names of entries that start with a prefix, with their addresses. Those with a hash are read for that. */
  async function named(prefix: string): Promise<Named[]> {
    const names = [...new Set(await list())].filter((name) => name.startsWith(prefix));
    const found: Named[] = [];
    for (const name of names) {
      const address = addressOf(name);
      if (address) found.push({ name, address });
    }
    const hashed = names.filter(isHashed);
    for (const [i, opened] of (await read(hashed)).entries()) {
      const address = typeof opened === "object" ? opened.address : undefined;
      const name = hashed[i] as string;
      // Another program may have written this address, so check it.
      if (address && (await nameOf(...address)) === name) found.push({ name, address, opened });
    }
    return found;
  }

  async function told<R>(collection: string | undefined, work: () => Promise<R>): Promise<R> {
    try {
      return await work();
    } catch (cause) {
      throw storageFailure(cause, store, collection);
    }
  }

  /** Returns those of some names that hold live entries. */
  async function alive(some: readonly Named[]): Promise<Named[]> {
    const opened = await read(some.map(({ name }) => name));
    return some.filter((_, i) => liveEntry(opened[i] as Opened));
  }

  return {
    listKeys: (collection, page) =>
      told(collection, async () => {
        const all = await named(await collectionPrefix(collection));
        const byKey = new Map(all.map((one) => [one.address[1], one]));
        const { names, cursor } = pageOf(byKey.keys(), page);
        const live = await alive(names.map((key) => byKey.get(key) as Named));
        return { names: live.map(({ address }) => address[1]), cursor };
      }),

    listCollections: (page) =>
      told(undefined, async () => {
        const collections = new Map<string, Named[]>();
        for (const one of await named("")) {
          const [collection] = one.address;
          const others = collections.get(collection);
          if (others) others.push(one);
          else collections.set(collection, [one]);
        }
        const { names, cursor } = pageOf(collections.keys(), page);
        const live = await each(names, async (name) => (await alive(collections.get(name) ?? [])).length > 0);
        return { names: names.filter((_, i) => live[i]), cursor };
      }),

    destroyCollection: (collection) =>
      told(collection, async () => {
        const all = await named(await collectionPrefix(collection));
        const opened = await read(all.map(({ name }) => name));
        const entries = all.filter((_, i) => typeof opened[i] === "object");
        await each(entries, ({ name }) => storage.remove(name));
        return opened.some((one) => liveEntry(one));
      }),
  };
}
