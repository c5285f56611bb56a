import { Redis as Upstash } from "@upstash/redis";
import { upstashStore } from "../src/adapters/upstash.ts";
import { type AnyDriver, createStore, toDriver } from "../src/index.ts";
import { batchesOf } from "../src/migration/copy-source.ts";
import { into } from "../src/migration/copy-target.ts";
import { retry } from "../src/wrappers/retry.ts";
import type { Destination, Origin } from "./place.ts";
import { openRedis } from "./redis.ts";

/** A Redis database by its URL. */
export function redisPlace(url: URL, prefix: string): Origin & Destination {
  const { driver, size, close } = openRedis(url.href, prefix);
  return storePlace(driver, withoutSecrets(url), prefix, size, close);
}

/** A database at Upstash by its URL and token. */
export function upstashPlace(url: URL, token: string, prefix: string): Origin & Destination {
  const label = withoutSecrets(url);
  url.username = url.password = "";
  const redis = new Upstash({ url: url.href.replace(/^upstash\+/, ""), token, automaticDeserialization: false });
  const driver = toDriver(upstashStore(redis, prefix ? { keyPrefix: prefix } : {}));
  return storePlace(
    driver,
    label,
    prefix,
    () => redis.dbsize(),
    async () => {},
  );
}

function storePlace(
  driver: AnyDriver,
  label: string,
  prefix: string,
  size: () => Promise<number>,
  close: () => Promise<void>,
): Origin & Destination {
  // A copy that takes hours must survive a broken connection.
  const patient: AnyDriver = toDriver(retry(createStore(driver)));
  return {
    label,
    close,
    batches: (options) => batchesOf(patient, options),
    // This counts the whole database. If it fails, the copy fails too, with a better message.
    total: async ({ collections, cursor }) =>
      prefix || collections || cursor ? undefined : size().catch(() => undefined),
    done: ({ copied, skipped, expired, failed }) => copied + skipped + expired + failed,
    put: async (options) => ({ write: into(patient, options), finish: async () => {}, discard: async () => {} }),
  };
}

function withoutSecrets(url: URL): string {
  const shown = new URL(url);
  shown.username = shown.password = shown.search = shown.hash = "";
  return shown.href.replace(/\/$/, "");
}
