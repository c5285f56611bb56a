import { joinAddress } from "../../core/address.ts";
import { utf8 } from "../../core/bytes.ts";
import { bound, count, refuse } from "../../core/checks.ts";
import { checkedOnCorrupt, type OnCorrupt } from "../../core/corrupt.ts";
import type { Driver } from "../../core/driver.ts";
import { type Entry, live } from "../../core/entry.ts";
import { KeyValueError } from "../../core/errors.ts";
import { storedJson } from "../../core/stored-json.ts";
import type { WorkersKV, WorkersKVValue } from "./binding.ts";
import { CONNECTIONS, callEach, kvFailure, NAME, readAll } from "./calls.ts";
import { kvListings, type ListCapability } from "./listings.ts";
import { type Metadata, readMetadata } from "./metadata.ts";
import { shortName } from "./names.ts";

/** How a store uses a namespace. */
export interface KVUse {
  /** Puts `prefix::` before every name. The store then owns these names: it has `destroy`, which removes them. */
  readonly keyPrefix?: string | undefined;
  /** For how many seconds a location may answer reads from its cache, at least 30. Default: KV's own 60. */
  readonly cacheTtl?: number | undefined;
  /** Whether deletes read first, to count the entries that were there. Otherwise they count every key. Default: `true`. */
  readonly checkDeletes?: boolean | undefined;
  /** What to do with stored bytes that this adapter does not write. Default: `"throw"`. */
  readonly onCorrupt?: OnCorrupt | undefined;
}

/** Limits: developers.cloudflare.com/kv/platform/limits. */
const METADATA_BYTES = 1024;
const VALUE_BYTES = 25 * 1024 * 1024;
const MIN_TTL_SECONDS = 60;

/** KV takes an int32. A later deadline is only in the metadata. */
const MAX_TTL_SECONDS = 2e9;

/** A driver over a binding, as `workersKVStore` describes it, that writes so many keys at a time. */
export function kvDriver(
  kv: WorkersKV,
  { keyPrefix, cacheTtl, checkDeletes = true, onCorrupt }: KVUse,
  lanes: number = CONNECTIONS,
): Driver<ListCapability> {
  bound(kv, "namespace", "a KV");
  if (typeof kv.getWithMetadata !== "function") refuse("namespace", "a KV binding", kv);
  count(cacheTtl, "cacheTtl", 30);
  const whenCorrupt = checkedOnCorrupt(onCorrupt);
  const readOptions = cacheTtl === undefined ? {} : { cacheTtl };
  const ownPrefix = keyPrefix === undefined ? "" : joinAddress(keyPrefix, "");
  const wholeName = (collection: string, key: string) => ownPrefix + joinAddress(collection, key);

  const namesOf = (collection: string, keys: readonly string[]) =>
    Promise.all(keys.map((key) => shortName(wholeName(collection, key))));

  async function find(collection: string, keys: readonly string[], names: readonly string[]) {
    try {
      return await readAll(kv, names, readOptions);
    } catch (error) {
      throw kvFailure(error, collection, keys);
    }
  }

  function decode(stored: WorkersKVValue | undefined, collection: string, key: string): Entry | undefined {
    if (typeof stored?.value !== "string") return undefined;
    const metadata = readMetadata(stored.metadata);
    const value = storedJson(stored.value);
    if (metadata && value !== undefined) {
      return { value, createdAt: metadata.createdAt, expiresAt: metadata.expiresAt };
    }
    if (whenCorrupt === "miss") return undefined;
    const what = metadata ? "the value is not JSON" : "the metadata is damaged";
    throw new KeyValueError("corrupted", what, { store: NAME, collection, key });
  }

  /** Checks an entry and returns the call that writes it. */
  async function writing(collection: string, key: string, { value, createdAt, expiresAt }: Entry) {
    const whole = wholeName(collection, key);
    const name = await shortName(whole);
    const metadata: Metadata = { v: 1, createdAt, expiresAt, ...(name !== whole && { whole }) };
    const text = JSON.stringify(value);
    const fits = (stored: string, limit: number) => {
      // A UTF-16 unit has at most three bytes of UTF-8, so little has to be encoded to be measured.
      const size = stored.length * 3 > limit ? utf8(stored).length : 0;
      if (size <= limit) return;
      throw new KeyValueError("too_large", `over ${limit} bytes`, { store: NAME, collection, key, size, limit });
    };
    // Only a long name can make the metadata too large.
    if (metadata.whole) fits(JSON.stringify(metadata), METADATA_BYTES);
    fits(text, VALUE_BYTES);
    return async (): Promise<void> => {
      const seconds = expiresAt === undefined ? Number.POSITIVE_INFINITY : (expiresAt - Date.now()) / 1000;
      if (seconds <= 0) return kv.delete(name);
      // KV counts whole seconds from a clock that it rounds down, so add one second to never be early.
      const expirationTtl = Math.max(MIN_TTL_SECONDS, Math.ceil(seconds) + 1);
      return kv.put(name, text, expirationTtl < MAX_TTL_SECONDS ? { metadata, expirationTtl } : { metadata });
    };
  }

  const read: Driver["read"] = async (collection, keys) => {
    const found = await find(collection, keys, await namesOf(collection, keys));
    return keys.map((key, i) => decode(found[i], collection, key));
  };

  return {
    name: NAME,
    consistency: "eventual",
    limits: { keyBytes: METADATA_BYTES, valueBytes: VALUE_BYTES },

    read,
    freshRead: read,

    async write(collection, items) {
      const writes = items.map(async ([key, entry]) => [key, await writing(collection, key, entry)] as const);
      await callEach(collection, await Promise.all(writes), lanes);
    },

    async remove(collection, keys) {
      const names = await namesOf(collection, keys);
      const found = checkDeletes ? await find(collection, keys, names) : undefined;
      const removes = keys.map((key, i) => [key, () => kv.delete(names[i]!)] as const);
      await callEach(collection, removes, lanes);
      return found ? found.filter(isThere).length : keys.length;
    },

    ...kvListings(kv, ownPrefix, lanes),
  };
}

/** Whether a stored value counts as removed. One with damaged metadata does: nothing says that it has expired. */
function isThere(stored: WorkersKVValue | undefined): boolean {
  if (typeof stored?.value !== "string") return false;
  const metadata = readMetadata(stored.metadata);
  return !metadata || live(metadata) !== undefined;
}
