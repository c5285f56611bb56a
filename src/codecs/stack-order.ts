import type { BaseDriver } from "../core/driver.ts";

/**
 * Refuses a codec around `compress`. The outer wrapper changes a value first, so the inner one would compress ciphertext,
 * which never gets shorter, or compress a second time.
 */
export function checkOrder(name: string, { codecs }: BaseDriver): void {
  if (!codecs?.includes("compress")) return;
  if (name === "compress")
    throw new TypeError("this store compresses already: use compress once, outside all encryption");
  throw new TypeError(
    `${name}(compress(store)) encrypts first and compresses ciphertext: write compress(${name}(store, options)) instead`,
  );
}
