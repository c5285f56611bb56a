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

/** Redis's own errors begin with a word in capitals; those of the network do not. */
const isReply = (error: unknown) => /^[A-Z]+ /.test(textOf(error));

const textOf = (error: unknown): string =>
  typeof error === "string" ? error : String((error as Error)?.message ?? "");

/** What Redis's own words for an error mean. */
const MEANINGS: readonly (readonly [pattern: RegExp, code: ErrorCode])[] = [
  [/^(NOAUTH|WRONGPASS|NOPERM)/, "unauthorized"],
  [/^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY)/, "unavailable"],
];

/** Connects at the first call, and again a few times when the connection breaks. */
export function openRedis(url: string, keyPrefix: string): Redis {
  const client = createClient({
    url,
    // The older protocol says all that is needed, and older servers speak it, too.
    RESP: 2,
    socket: {
      connectTimeout: 10_000,
      reconnectStrategy: (retries, cause) => (retries < 5 && !isReply(cause) ? 2 ** retries * 100 : cause),
    },
  });
  // What it reports here also fails the call that waits for it.
  client.on("error", () => {});
  let connected: Promise<unknown> | undefined;

  async function call(command: readonly string[]): Promise<unknown> {
    await (connected ??= client.connect());
    return client.sendCommand(command);
  }

  const server: RedisServer = {
    name: "redis",
    // A string holds 512 MB; far smaller requests keep Redis free for others.
    limits: { keyBytes: 512 * 1024 * 1024, requestBytes: 64 * 1024 * 1024 },
    sizeOf: utf8Bytes,
    call: (command) => call(command),
    failure,
  };
  return {
    driver: redisDriver(server, { keyPrefix, onCorrupt: "throw", consistency: "strong" }),
    size: async () => Number(await call(["DBSIZE"])),
    async close() {
      if (client.isOpen) client.destroy();
    },
  };
}

function failure(cause: unknown, details: ErrorDetails): KeyValueError {
  if (cause instanceof KeyValueError) return cause;
  const text = textOf(cause);
  if (!isReply(cause)) {
    const why = text || (cause as { code?: string })?.code || "the connection has ended";
    return new KeyValueError("unavailable", `Redis cannot be reached: ${why}`, { ...details, cause });
  }
  const [, code = "backend"] = MEANINGS.find(([pattern]) => pattern.test(text)) ?? [];
  return new KeyValueError(code, `Redis answered with an error: ${text}`, { ...details, cause });
}
