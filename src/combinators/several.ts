import type { AnyDriver, BaseDriver } from "../core/driver.ts";

/** What several drivers have in common. */
type Shared = Pick<AnyDriver, "consistency" | "lossy" | "repeatsNames" | "modify" | "codecs" | "close">;

/** Returns what holds for several drivers together: the weakest consistency, everything that one of them does, one `close`. */
export function several(drivers: readonly AnyDriver[]): Shared {
  const close = async () => void (await Promise.all(drivers.map((driver) => driver.close?.())));
  return {
    consistency: drivers.every((driver) => driver.consistency === "strong") ? "strong" : "eventual",
    codecs: [...new Set(drivers.flatMap(({ codecs = [] }) => codecs))],
    ...(drivers.some((driver) => driver.lossy) && { lossy: true }),
    ...(drivers.some((driver) => driver.repeatsNames) && { repeatsNames: true }),
    modify: drivers.find((driver) => driver.modify)?.modify,
    ...(drivers.some((driver) => driver.close) && { close }),
  };
}

type Limits = NonNullable<BaseDriver["limits"]>;

/** Returns the limits of what fits into both of two backends. */
export function narrower(a: Limits = {}, b: Limits = {}): Limits {
  const least = (name: keyof Limits) => {
    const both = [a[name], b[name]].filter((limit) => limit !== undefined);
    return both.length > 0 ? Math.min(...both) : undefined;
  };
  return { keyBytes: least("keyBytes"), valueBytes: least("valueBytes") };
}
