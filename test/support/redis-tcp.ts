/** A real redis-server on a port of its own, for what speaks Redis's own protocol. On Node only. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createClient } from "@redis/client";

/** Why there is none, or `undefined`. */
export const withoutRedis = process.env.PATH?.split(delimiter).some((folder) =>
  existsSync(join(folder, "redis-server")),
)
  ? undefined
  : "needs redis-server on PATH: apt-get install redis-server";

export const PASSWORD = "the-password-of-the-tests";

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

export async function startRedis() {
  const folder = mkdtempSync(join(tmpdir(), "ekv-redis-tcp-"));
  const port = await freePort();
  const options = ["--port", port, "--bind", "127.0.0.1", "--requirepass", PASSWORD, "--save", "", "--dir", folder];
  const server = spawn("redis-server", options.map(String), { stdio: "ignore" });
  const ended = new Promise((resolve) => server.once("exit", resolve));
  const address = `127.0.0.1:${port}`;
  const urlOf = (database: number) => `redis://:${PASSWORD}@${address}/${database}`;
  const client = createClient({ url: urlOf(0), socket: { reconnectStrategy: () => 20 } });
  client.on("error", () => {});
  await client.connect();
  return {
    address,
    url: urlOf,
    /** Runs a command in a database. */
    async redis(database: number, ...command: string[]): Promise<unknown> {
      const [, reply] = await Promise.all([client.sendCommand(["SELECT", `${database}`]), client.sendCommand(command)]);
      return reply;
    },
    async stop() {
      client.destroy();
      server.kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
