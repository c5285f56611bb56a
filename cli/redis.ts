import { createClient } from "@redis/client";
import { type RedisServer, utf8Bytes } from "../src/adapters/redis/calls.ts";
import { redisDriver } from "../src/adapters/redis/driver.ts";
import type { AnyDriver } from "../src/core/driver.ts";
import { type ErrorCode, type ErrorDetails, KeyValueError } from "../src/core/errors.ts";

/** A Redis database, reached over TCP or TLS. */
export interface Redis {
  readonly driver: AnyDriver;
  size(): Promise<number>;
  close(): Promise<void>;
}

/** Errors from Redis start with a word in capitals; network errors do not. */
const isReply = (error: unknown) => /^[A-Z]+ /.test(textOf(error));

const textOf = (error: unknown): string =>
  typeof error === "string" ? error : String((error as Error)?.message ?? "");

/** The meaning of the first word of Redis's errors. */
const MEANINGS: readonly (readonly [pattern: RegExp, code: ErrorCode])[] = [
  [/^(NOAUTH|WRONGPASS|NOPERM)/, "unauthorized"],
  [/^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY)/, "unavailable"],
];

/** Opens a connection at the first call, and tries a few times to reopen one that breaks. */
export function openRedis(url: string, keyPrefix: string): Redis {
  const client = createClient({
    url,
    // RESP 2 is enough, and older servers speak it.
    RESP: 2,
    socket: {
      connectTimeout: 10_000,
      reconnectStrategy: (retries, cause) => (retries < 5 && !isReply(cause) ? 2 ** retries * 100 : cause),
    },
  });
  // The pending call fails with the same error.
  client.on("error", () => {});
  let connected: Promise<unknown> | undefined;

  async function call(command: readonly string[]): Promise<unknown> {
    await (connected ??= client.connect());
    return client.sendCommand(command);
  }

  const server: RedisServer = {
    name: "redis",
    // A string can be 512 MB; smaller requests keep Redis free for other clients.
    limits: { keyBytes: 512 * 1024 * 1024, requestBytes: 64 * 1024 * 1024 },
    sizeOf: utf8Bytes,
    call: (command) => call(command),
    errorOf: redisError,
  };
  return {
    driver: redisDriver(server, { keyPrefix, onCorrupt: "throw", consistency: "strong" }),
    size: async () => Number(await call(["DBSIZE"])),
    async close() {
      if (client.isOpen) client.destroy();
    },
  };
}

function redisError(cause: unknown, details: ErrorDetails): KeyValueError {
  if (cause instanceof KeyValueError) return cause;
  const text = textOf(cause);
  if (!isReply(cause)) {
    const why = text || (cause as { code?: string })?.code || "the connection has ended";
    return new KeyValueError("unavailable", `Redis cannot be reached: ${why}`, { ...details, cause });
  }
  const [, code = "backend"] = MEANINGS.find(([pattern]) => pattern.test(text)) ?? [];
  return new KeyValueError(code, `Redis returned an error: ${text}`, { ...details, cause });
}
