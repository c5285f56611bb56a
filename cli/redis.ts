import { openConnection } from "../src/adapters/redis/connection.ts";
import { redisStore } from "../src/adapters/redis.ts";
import { type AnyDriver, toDriver } from "../src/index.ts";

/** A Redis database, reached over TCP or TLS. */
export interface Redis {
  readonly driver: AnyDriver;
  size(): Promise<number>;
  close(): Promise<void>;
}

export function openRedis(url: string, keyPrefix: string): Redis {
  const connection = openConnection(url);
  return {
    driver: toDriver(redisStore(connection, keyPrefix === "" ? {} : { keyPrefix })),
    size: async () => Number(await connection.sendCommand(["DBSIZE"])),
    close: async () => connection.close(),
  };
}
