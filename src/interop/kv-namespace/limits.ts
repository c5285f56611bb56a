import { utf8 } from "../../core/bytes.ts";
import type { JsonValue } from "../../core/json.ts";
import { failed, type KVOperation } from "./failures.ts";
import type { KVPutOptions } from "./shape.ts";

/** Limits: developers.cloudflare.com/kv/platform/limits. */
const KEY_BYTES = 512;
const METADATA_BYTES = 1024;
const MIN_LIFE = 60;
const MIN_CACHE_TTL = 30;
const BULK_KEYS = 100;
const PAGE_KEYS = 1000;
export const VALUE_BYTES = 25 << 20;

/** What WebIDL makes of an argument that has to be a 32-bit integer. */
function int32(value: unknown): number {
  const number = Math.trunc(Number(value)) || 0;
  if (Math.abs(number) > 2 ** 31 - 1) throw new TypeError(`number must fit into 32 bits, and is ${number}`);
  return number;
}

function checkLength(operation: KVOperation, text: string): void {
  const size = utf8(text).length;
  if (size <= KEY_BYTES) return;
  const message = `UTF-8 encoded length of ${size} exceeds key length limit of ${KEY_BYTES}.`;
  failed(operation, 414, message, "too_large", { size, limit: KEY_BYTES });
}

/** Returns a key as a string, unless KV refuses it. */
export function checkKey(operation: KVOperation, key: string): string {
  if (key === undefined) throw new TypeError("key must be a string, and is undefined");
  const name = `${key}`;
  if (name === "") throw new TypeError("key must not be empty");
  if (name === "." || name === "..") throw new TypeError(`key must not be "${name}"`);
  if (/\p{Surrogate}/u.test(name)) failed(operation, 400, "Key name is not well-formed", "invalid_value", { key });
  checkLength(operation, name);
  return name;
}

/** Returns the distinct keys of a bulk read. KV refuses wrong keys of a bulk with a status where it throws for one key. */
export function checkKeys(keys: readonly string[]): string[] {
  if (keys.length === 0) failed("GET_BULK", 400, "You must request a minimum of 1 key", "invalid_value");
  if (keys.length > BULK_KEYS) {
    failed("GET_BULK", 400, `You can request a maximum of ${BULK_KEYS} keys`, "invalid_value");
  }
  try {
    return [...new Set(keys.map((key) => checkKey("GET_BULK", key)))];
  } catch (error) {
    if (error instanceof TypeError) failed("GET_BULK", 400, error.message, "invalid_value");
    throw error;
  }
}

export function checkCacheTtl(operation: KVOperation, cacheTtl: number | undefined): void {
  if (cacheTtl === undefined || int32(cacheTtl) >= MIN_CACHE_TTL) return;
  failed(operation, 400, `Cache TTL must be at least ${MIN_CACHE_TTL} seconds`, "invalid_value");
}

/** What `put` takes besides a value, with the types that WebIDL makes of it. */
export function putOptions({ expiration, expirationTtl, metadata }: KVPutOptions = {}): KVPutOptions {
  return {
    expiration: expiration === undefined ? undefined : int32(expiration),
    expirationTtl: expirationTtl === undefined ? undefined : int32(expirationTtl),
    metadata,
  };
}

/** Returns when a value that is put now expires, in seconds since 1970. */
export function expirationOf({ expiration, expirationTtl }: KVPutOptions): number | undefined {
  const now = Math.floor(Date.now() / 1000);
  const deadline = expirationTtl === undefined ? expiration : now + expirationTtl;
  if (deadline !== undefined && deadline < now + MIN_LIFE) {
    failed("PUT", 400, `Expiration must be at least ${MIN_LIFE} seconds in the future`, "invalid_ttl");
  }
  return deadline;
}

/** Returns a copy of what JSON makes of metadata. */
export function checkMetadata(json: string): JsonValue {
  const size = utf8(json).length;
  if (size <= METADATA_BYTES) return JSON.parse(json);
  const message = `Metadata length of ${size} exceeds limit of ${METADATA_BYTES}.`;
  return failed("PUT", 413, message, "too_large", { size, limit: METADATA_BYTES });
}

export function checkPrefix(prefix: string | null | undefined): string {
  const text = `${prefix ?? ""}`;
  checkLength("GET", text);
  return text;
}

/** Returns how many keys a page has at most. */
export function checkPageLimit(limit: number | undefined): number {
  const keys = int32(limit);
  if (keys > PAGE_KEYS) failed("GET", 400, `Limit must be at most ${PAGE_KEYS} keys`, "invalid_value");
  return keys > 0 ? keys : PAGE_KEYS;
}
