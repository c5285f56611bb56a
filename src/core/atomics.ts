import { type Arguments, count, refuse } from "./checks.ts";
import type { Awaitable, Driver, MethodNames } from "./driver.ts";
import { type Entry, live } from "./entry.ts";
import { KeyValueError } from "./errors.ts";
import { toJson } from "./json.ts";
import type { AtomicOptions, AtomicPutOptions, CapabilityMethods } from "./protocol.ts";

/** Makes the next entry of what is there; the same entry means that nothing is to be changed. */
type Change = (old: Entry | undefined) => Awaitable<Entry | undefined>;

/**
 * The atomic operations of a store whose driver has `swap`.
 *
 * Each is a read that goes past every cache and a swap, or a swap alone; a swap that fails brings the current entry
 * along, so that starting again costs one call.
 */
export function atomics(
  { name: store, read, swap }: Driver<"swap">,
  { collectionOf, entryOf }: Arguments,
): Pick<CapabilityMethods, MethodNames["swap"]> {
  /** Swaps until nobody else comes first, and gives the entries before and after. */
  async function modify(key: string, options: AtomicPutOptions | undefined, change: Change, unread = 0) {
    // Refuses bad arguments before anything is read.
    entryOf(key, 0, options);
    const collection = collectionOf(options);
    let left = options?.retries ?? 100;
    count(left, "retries", 0);
    // Without a read the first swap may meet an expired entry, which is nobody else's doing.
    left += unread;
    let current = unread ? undefined : (await read(collection, [key], { fresh: true }))[0];
    for (;;) {
      const old = live(current);
      const next = await change(old);
      if (next === old) return [old, next];
      const result = await swap(collection, key, current?.version, next);
      if (result.ok) return [old, next];
      if (!left--) throw new KeyValueError("conflict", "too many conflicts", { store, collection, key });
      current = result.current;
    }
  }

  return {
    async putIfAbsent(key, value, options) {
      const entry = entryOf(key, value, options);
      return !(await modify(key, options, (old) => old ?? entry, 1))[0];
    },

    async take<T>(key: string, options?: AtomicOptions) {
      const [old] = await modify(key, options, () => undefined);
      return old ? (toJson(old.value) as T) : null;
    },

    async update<T>(
      key: string,
      change: (value: T | null) => T | null | undefined | Promise<T | null | undefined>,
      options?: AtomicPutOptions,
    ) {
      if (typeof change !== "function") refuse("change", "a function");
      const [, next] = await modify(key, options, async (old) => {
        const value = await change(old ? (toJson(old.value) as T) : null);
        return value === undefined ? old : value === null ? undefined : entryOf(key, value, options, old);
      });
      return next ? (toJson(next.value) as T) : null;
    },

    async increment(key, by = 1, options) {
      if (!Number.isFinite(by)) refuse("by", "a finite number");
      const [, next] = await modify(key, options, (old) => {
        if (!old) return entryOf(key, by, options);
        if (typeof old.value === "number") return entryOf(key, old.value + by, { ...options, ttl: undefined }, old);
        const details = { store, collection: collectionOf(options), key };
        throw new KeyValueError("not_a_number", "value must be a number", details);
      });
      return next?.value as number;
    },
  };
}
