import { refuse } from "../core/checks.ts";
import type { Store } from "../core/driver.ts";
import { KeyValueError } from "../core/errors.ts";
import { createStore } from "../core/store.ts";
import { itemDriver } from "./items/driver.ts";
import { each } from "./items/each.ts";
import type { Item, ItemStorage, ItemStoreOptions, ListCapability } from "./items/storage.ts";
import { type InTurn, newTurns } from "./items/turns.ts";

/** Options of {@link unstorageStore}. */
export interface UnstorageStoreOptions extends ItemStoreOptions {}

/** What this adapter needs of a driver of unstorage. */
export interface UnstorageDriver {
  readonly name?: string | undefined;
  readonly options?: unknown;
  getItem(key: string, options: object): unknown;
  getItems?(items: { key: string; options?: object }[], common?: object): unknown;
  setItem?(key: string, value: string, options: { ttl?: number }): unknown;
  removeItem?(key: string, options: object): unknown;
  getKeys(base: string, options: object): unknown;
}

/** Drivers of unstorage 1.17 whose `getKeys` returns only the first keys, or none. */
const INCOMPLETE = ["cloudflare-r2-binding", "http", "null", "s3", "uploadthing", "vercel-runtime-cache"];

/** Drivers that write a file in place: two writers at once damage it, and a reader meanwhile may see half of it. */
const FILES = ["fs", "fs-lite"];

/** Some clients take a 32-bit number of seconds. A later deadline is only in the envelope. */
const MAX_TTL_SECONDS = 2e9;

/** Names in one bulk read. */
const BULK_NAMES = 100;

/**
 * Makes a store over any driver of unstorage: files, S3, Azure, MongoDB, Netlify, Vercel and others.
 *
 * | | |
 * |---|---|
 * | Consistency | `eventual`, unless you say with `consistency` that the driver's backend is strong |
 * | Limits | those of the backend; names of at most 201 characters |
 * | Calls per operation | one for each key, 16 at a time; a read of many keys is one for each 100 where the driver has `getItems`; a delete reads first |
 * | Stores | JSON text under `collection:key`, both escaped to `a-z`, `0-9`, `-` and `_`, with the value, its times and a mark |
 *
 * It has no atomic operations, because drivers have none. With `listings: true` it lists keys and collections; each page lists
 * all keys of the driver. Values keep their types and deadlines hold to the millisecond on every driver. The driver also gets
 * the TTL; a driver that ignores it keeps expired entries until they are written again or deleted.
 *
 * The drivers `fs` and `fs-lite` write files in place, so calls for the same key take turns. Use a folder from one process
 * and one store alone: writers in two processes may damage an entry, which is then `corrupted`.
 *
 * @throws KeyValueError `misconfigured` when the driver cannot write, or does not list all of its keys.
 * @throws TypeError when `driver` is not a driver, for example the result of `createStorage`.
 * @example
 * ```ts
 * import { unstorageStore } from "edge-key-value/adapters/unstorage";
 * import fsDriver from "unstorage/drivers/fs";
 *
 * const store = unstorageStore(fsDriver({ base: "./data" }), { consistency: "strong", listings: true });
 * await store.put("ann", { plan: "free" }, { collection: "users" });
 * ```
 */
export function unstorageStore(
  driver: UnstorageDriver,
  options: UnstorageStoreOptions & { readonly listings: true },
): Store<ListCapability>;
export function unstorageStore(driver: UnstorageDriver, options?: UnstorageStoreOptions): Store;
export function unstorageStore(driver: UnstorageDriver, options: UnstorageStoreOptions = {}): Store {
  return createStore(itemDriver(storageOf(driver), options), options);
}

function storageOf(driver: UnstorageDriver): ItemStorage {
  if (typeof driver?.getItem !== "function") refuse("driver", "a driver of unstorage", driver);
  // A storage parses values on its own, and drops properties that look dangerous to it.
  if ("mount" in driver) refuse("driver", "a driver of unstorage, not the storage that createStorage makes of it");
  const { name: store = "unstorage" } = driver;
  const readOnly = (driver.options as { readOnly?: unknown } | undefined)?.readOnly === true;
  if (!driver.setItem || !driver.removeItem || readOnly) {
    throw new KeyValueError("misconfigured", `the driver "${store}" cannot write: use another one`, { store });
  }

  const inTurn: InTurn = FILES.includes(store) ? newTurns() : (_, work) => work();

  /** Calls the driver for a name. The drivers for files return some failures as values. */
  function call(name: string, work: () => unknown): Promise<unknown> {
    return inTurn(name, async () => checked(await work()));
  }

  async function getMany(names: readonly string[]): Promise<unknown[]> {
    const items = names.map((key) => ({ key }));
    const found = (await driver.getItems?.(items, {})) as readonly { key: string; value: unknown }[];
    const values = new Map(found.map(({ key, value }) => [key, value]));
    return names.map((name) => checked(values.get(name)));
  }

  async function set({ name, text, expiresAt }: Item): Promise<void> {
    const seconds = expiresAt === undefined ? Number.POSITIVE_INFINITY : (expiresAt - Date.now()) / 1000;
    // One second more, because some backends count whole seconds from a clock that they round down.
    const options = seconds < MAX_TTL_SECONDS ? { ttl: Math.ceil(seconds) + 1 } : {};
    await call(name, () => driver.setItem?.(name, text, options));
  }

  return {
    name: store,
    async get(names) {
      if (!driver.getItems || names.length === 1) {
        return each(names, (name) => call(name, () => driver.getItem(name, {})));
      }
      const chunks: string[][] = [];
      for (let at = 0; at < names.length; at += BULK_NAMES) chunks.push(names.slice(at, at + BULK_NAMES));
      return (await each(chunks, getMany)).flat();
    },
    async set(items) {
      const failed: Item[] = [];
      let cause: unknown;
      await each(items, async (item) => {
        try {
          await set(item);
        } catch (error) {
          failed.push(item);
          cause = error;
        }
      });
      return { items: failed, cause };
    },
    remove: (name) => call(name, () => driver.removeItem?.(name, {})),
    ...(!INCOMPLETE.includes(store) && {
      async names() {
        const keys = (await driver.getKeys("", {})) as readonly string[];
        // Drivers for files return paths.
        return keys.map((key) => key.replace(/[/\\]/g, ":"));
      },
    }),
  };
}

function checked<T>(value: T): T {
  if (value instanceof Error) throw value;
  return value;
}
