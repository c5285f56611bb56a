/*
 * Stacks of wrappers for tests on every backend. Plain JavaScript with types of its own, since the types of workerd do
 * not know all that the sources of the wrappers take from those of the Web.
 */
import { compress } from "../../src/wrappers/compress.ts";
import { encrypt } from "../../src/wrappers/encrypt.ts";
import { prefixKeys } from "../../src/wrappers/prefix-keys.ts";
import { retry } from "../../src/wrappers/retry.ts";
import { statistics } from "../../src/wrappers/statistics.ts";

/** What is over this limit is compressed before it is refused: the usual 25 MiB would take seconds. */
const maxBytes = 1_000_000;
const keys = [{ id: "a", key: new Uint8Array(32).fill(7) }];

export const onlyEncrypted = (store) => encrypt(store, { keys });

export const encrypted = (store) => compress(encrypt(prefixKeys(store, "a:"), { keys }), { minBytes: 0, maxBytes });

export const stackOfFive = (store) => statistics(encrypted(retry(store, { retries: 20, minDelay: 0 })));
