import type { AnyDriver } from "../../driver.ts";

/** What several drivers as one are as a whole: as consistent as the weakest, and closed together. */
export function several(drivers: readonly AnyDriver[]): Pick<AnyDriver, "consistency" | "close"> {
  const close = async () => void (await Promise.all(drivers.map((driver) => driver.close?.())));
  return {
    consistency: drivers.every((driver) => driver.consistency === "strong") ? "strong" : "eventual",
    ...(drivers.some((driver) => driver.close) && { close }),
  };
}
