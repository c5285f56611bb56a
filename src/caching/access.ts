import type { Awaitable } from "../core/driver.ts";
import { KeyValueError } from "../core/errors.ts";
import type { Hooks } from "./hooks.ts";
import type { Lease, Slot } from "./slot.ts";
import type { Slots, Taken } from "./slots.ts";

/** The store as calls use it: its failures are reported, and thrown only where the caller asked for that. */
export interface Access {
  /** What work with the store returns; nothing when the store fails and that is to be ignored. */
  guarded<R>(key: string, work: () => Awaitable<R>, policy?: "ignore" | "throw"): Promise<R | undefined>;
  /** What is under each key, without results that must not be used; nothing when the store fails. */
  look(keys: readonly string[], fresh?: boolean): Promise<Slot[] | undefined>;
  /** Takes a lease; returns nothing when the store fails. */
  take(key: string, seen: Slot, lease: Lease): Promise<Taken | undefined>;
}

/** What access to the store needs. */
export interface AccessTools {
  readonly places: Slots;
  readonly hooks: Hooks;
  /** Whether a stored result may be used. Default: all may. */
  readonly valid: ((value: unknown) => Awaitable<boolean>) | undefined;
  readonly onStoreError: "ignore" | "throw";
}

export function accessTo({ places, hooks, valid, onStoreError }: AccessTools): Access {
  const guarded: Access["guarded"] = async (key, work, policy = onStoreError) => {
    try {
      return await work();
    } catch (error) {
      if (policy === "throw") throw error;
      const isTooLarge = error instanceof KeyValueError && error.code === "too_large";
      hooks[isTooLarge ? "reportUnstorable" : "report"](error, key);
      return undefined;
    }
  };

  async function checked(slot: Slot): Promise<Slot> {
    return slot.result && valid && !(await valid(slot.result.value)) ? { ...slot, result: undefined } : slot;
  }

  const find: Slots["find"] = valid
    ? async (keys, fresh) => await Promise.all((await places.find(keys, fresh)).map(checked))
    : places.find;

  return {
    guarded,

    look: (keys, fresh) => guarded(keys[0] as string, () => find(keys, fresh)),

    take: (key, seen, lease) =>
      guarded(key, async () => {
        const { ok, slot } = await places.take(key, seen, lease);
        return { ok, slot: ok ? slot : await checked(slot) };
      }),
  };
}
