import type { AnyDriver, BaseDriver } from "../core/driver.ts";

/** The properties of several drivers together. */
type Shared = Pick<AnyDriver, "consistency" | "lossy" | "repeatsNames" | "modify" | "codecs" | "close">;

/** Returns the properties of several drivers together: the weakest consistency, the flags of any of them, one `close`. */
export function several(drivers: readonly AnyDriver[]): Shared {
  const close = async () => void (await Promise.all(drivers.map(async (driver) => driver.close?.())));
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

/** Returns the limits of two backends together: the smaller of each. */
export function narrower(a: Limits = {}, b: Limits = {}): Limits {
  const least = (name: keyof Limits) => {
    const both = [a[name], b[name]].filter((limit) => limit !== undefined);
    return both.length > 0 ? Math.min(...both) : undefined;
  };
  return { keyBytes: least("keyBytes"), valueBytes: least("valueBytes") };
}
