import { KeyValueError } from "../../core/errors.ts";
import type { NodeRedisClient } from "./clients.ts";
import { isReply } from "./errors.ts";

/** Milliseconds. */
const CONNECT_TIMEOUT = 10_000;

/** A connection that opens at the first command, and again when it has broken. */
export interface Connection extends NodeRedisClient {
  close(): void;
}

/** Connects to a `redis:` or `rediss:` URL with the package `@redis/client`. */
export function openConnection(url: string): Connection {
  let client: Awaited<ReturnType<typeof makeClient>> | undefined;
  let connected: Promise<unknown> | undefined;
  let closed = false;

  return {
    async sendCommand(args) {
      if (!client) {
        const made = await makeClient(url);
        client ??= made;
      }
      if (closed) throw new KeyValueError("unavailable", "the store is closed");
      // When it gives up to reconnect, the client closes.
      if (!client.isOpen) connected = client.connect();
      await connected;
      return client.sendCommand(args);
    },
    close() {
      closed = true;
      if (client?.isOpen) client.destroy();
    },
  };
}

/** In `try`, so that webpack builds an application that passes a client of its own and has not installed this one. */
async function loadClient() {
  try {
    return await import("@redis/client");
  } catch (cause) {
    const message = 'redisStore(url) needs the package "@redis/client" installed';
    throw new KeyValueError("misconfigured", message, { cause });
  }
}

async function makeClient(url: string) {
  const { createClient } = await loadClient();
  const client = createClient({
    url,
    // RESP 2 is enough, and older servers speak it.
    RESP: 2,
    socket: {
      connectTimeout: CONNECT_TIMEOUT,
      // Three seconds in all. Without a limit, the client would try a wrong password for ever.
      reconnectStrategy: (retries, cause) => (retries < 5 && !isReply(cause.message) ? 2 ** retries * 100 : cause),
    },
  });
  // The waiting command fails with the same error.
  client.on("error", () => {});
  return client;
}
