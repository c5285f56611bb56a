import { openConnection } from "../../src/adapters/redis/connection.ts";
import { redisStore } from "../../src/adapters/redis.ts";
import { toDriver } from "../../src/index.ts";
import { type Backend, type OpenOptions, withoutSecrets } from "./backend.ts";

/** A Redis database, reached over TCP or TLS. */
export function openRedis(url: URL, { keyPrefix }: OpenOptions): Backend {
  const connection = openConnection(url.href);
  return {
    label: withoutSecrets(url),
    driver: toDriver(redisStore(connection, keyPrefix === "" ? {} : { keyPrefix })),
    size: async () => Number(await connection.sendCommand(["DBSIZE"])),
    close: async () => connection.close(),
  };
}
