import { Redis } from "@upstash/redis";
import { upstashStore } from "../../src/adapters/upstash.ts";
import { toDriver } from "../../src/index.ts";
import { type Backend, type OpenOptions, withoutSecrets } from "./backend.ts";

/** A database at Upstash by its URL and token. */
export function openUpstash(url: URL, token: string, { keyPrefix }: OpenOptions): Backend {
  const label = withoutSecrets(url);
  const bare = new URL(url);
  bare.username = bare.password = "";
  const redis = new Redis({ url: bare.href.replace(/^upstash\+/, ""), token, automaticDeserialization: false });
  return {
    label,
    driver: toDriver(upstashStore(redis, keyPrefix === "" ? {} : { keyPrefix })),
    size: () => redis.dbsize(),
    close: async () => {},
  };
}
