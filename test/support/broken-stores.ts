import { addresses } from "./broken-stores/addresses.ts";
import { atomics } from "./broken-stores/atomics.ts";
import { copies } from "./broken-stores/copies.ts";
import { listings } from "./broken-stores/listings.ts";
import type { Broken } from "./broken-stores/make.ts";
import { methods } from "./broken-stores/methods.ts";
import { time } from "./broken-stores/time.ts";
import { values } from "./broken-stores/values.ts";

/** Ways to be broken, each with the test of the suite that has to notice. */
export const BROKEN: readonly Broken[] = [
  ...time,
  ...copies,
  ...addresses,
  ...values,
  ...methods,
  ...listings,
  ...atomics,
];
