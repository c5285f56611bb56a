import type { BaseDriver } from "../../driver.ts";

type Limits = NonNullable<BaseDriver["limits"]>;

/** What fits into both of two backends. */
export function narrower(a: Limits = {}, b: Limits = {}): Limits {
  const least = (name: keyof Limits) => {
    const both = [a[name], b[name]].filter((limit) => limit !== undefined);
    return both.length > 0 ? Math.min(...both) : undefined;
  };
  return { keyBytes: least("keyBytes"), valueBytes: least("valueBytes") };
}
