import { type Arguments, refuse, string } from "./checks.ts";
import type { Awaitable, Driver, MethodNames } from "./driver.ts";
import { type Entry, live } from "./entry.ts";
import { KeyValueError } from "./errors.ts";
import { copyStored } from "./json.ts";
import { modify } from "./modify.ts";
import { operate } from "./operate.ts";
import { increment } from "./operations/increment.ts";
import { take } from "./operations/take.ts";
import { touch } from "./operations/touch.ts";
import { isPromise } from "./promises.ts";
import type { AtomicOptions, AtomicPutOptions, CapabilityMethods, CollectionOptions } from "./protocol.ts";
import { abortable, abortedBy, lifetime } from "./times.ts";

/** The atomic operations of a store whose driver has `swap`. */
export function atomics(
  driver: Driver<"swap">,
  { collectionOf, entryOf, withTtl }: Arguments,
): Pick<CapabilityMethods, MethodNames["swap"]> {
  const { name: store, read, swap, modify: make = modify } = driver;

  /** Checks the arguments that all of them take. */
  function addressOf(key: string, options: AtomicOptions = {}) {
    const address = { store, collection: collectionOf(options), key: string(key) };
    abortable(options.signal);
    abortedBy(options.signal, address);
    return address;
  }

  async function putIfVersion(key: string, value: unknown, version: string | null, options?: AtomicPutOptions) {
    const { collection } = addressOf(key, options);
    const entry = entryOf(key, value, options);
    const result = await swap(collection, key, version === null ? undefined : string(version, "version"), entry);
    return result.ok ? result.version : null;
  }

  return {
    putIfAbsent: async (key, value, options) => (await putIfVersion(key, value, null, options)) !== null,

    async take<T>(key: string, options?: AtomicOptions) {
      return (await operate(driver, addressOf(key, options), take, null, options?.signal)) as T | null;
    },

    async update<T>(
      key: string,
      change: (value: T | null) => T | null | undefined | Promise<T | null | undefined>,
      options?: AtomicPutOptions,
    ) {
      if (typeof change !== "function") refuse("change", "a function", change);
      const address = addressOf(key, options);
      // Refuses a wrong TTL before anything is read.
      lifetime(options?.ttl, "ttl", address);

      function replaced(old: Entry | undefined): Awaitable<Entry | undefined> {
        const next = (value: T | null | undefined) => {
          if (value === undefined) return old;
          if (value === null) return undefined;
          const entry = entryOf(key, value, options, old);
          return old && options?.ttl === undefined ? { ...entry, keepsDeadline: true as const } : entry;
        };
        const value = change(old ? (copyStored(old.value, address) as T) : null);
        return isPromise(value) ? value.then(next) : next(value);
      }

      const next = await make(driver, address, replaced, options?.signal);
      return next ? (copyStored(next.value, address) as T) : null;
    },

    async increment(key, by = 1, options) {
      if (!Number.isFinite(by)) refuse("by", "a finite number", by);
      const address = addressOf(key, options);
      const life = lifetime(options?.ttl, "ttl", address) ?? null;
      const result = await operate(driver, address, increment, { by, life }, options?.signal);
      if ("sum" in result) return result.sum;
      const problem = result.error === "not_a_number" ? "the value is not a number" : "the sum is beyond 2^53 - 1";
      throw new KeyValueError(result.error, problem, address);
    },

    async touch(key, ttl, options) {
      const address = addressOf(key, options);
      const life = ttl === null ? null : lifetime(ttl ?? Number.NaN, "ttl", address);
      return operate(driver, address, touch, { life }, options?.signal);
    },

    async getWithVersion<T>(key: string, options?: CollectionOptions) {
      const { collection } = addressOf(key, options);
      const entry = live((await read(collection, [key], { fresh: true }))[0]);
      return entry ? { ...withTtl<T>(entry), version: entry.version as string } : null;
    },

    putIfVersion,

    async deleteIfVersion(key, version, options) {
      const { collection } = addressOf(key, options);
      return (await swap(collection, key, string(version, "version"), undefined)).ok;
    },
  };
}
