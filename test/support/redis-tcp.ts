/** Real redis-servers on ports of their own, alone or as a cluster. On Node, Bun and Deno. */
import { type ChildProcess, spawn } from "node:child_process";
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

export interface RedisProcess {
  readonly port: number;
  /** Host and port. */
  readonly address: string;
  url(database: number): string;
  /** Runs a command in a database, apart from the store under test. */
  redis(database: number, ...command: string[]): Promise<unknown>;
  /** How often a command was called since the last time. */
  counted(): Promise<Record<string, number>>;
  /** Makes it hang, and go on. */
  pause(): void;
  resume(): void;
  /** Kills it with SIGKILL. */
  kill(): Promise<void>;
  /** Kills it with SIGKILL, and starts it again on the same port with what is on the disk. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Finds a port below those that the system gives to connections. While a server on such a port is killed, a client that
 * connects again can be given that very port, connect to itself, and keep the server from it. The nodes of a cluster also
 * take the port that is 10,000 higher, so that must not be another's.
 */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const port = 10_000 + Math.floor(Math.random() * 10_000);
    const server = createServer();
    server.once("error", () => resolve(freePort()));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(port)));
  });
}

/** Starts redis-server with more options of its command line, such as `--appendonly yes`. */
export async function startRedis(...more: readonly string[]): Promise<RedisProcess> {
  const folder = mkdtempSync(join(tmpdir(), "ekv-redis-tcp-"));
  const port = await freePort();
  const own = ["--port", `${port}`, "--bind", "127.0.0.1", "--requirepass", PASSWORD, "--save", "", "--dir", folder];
  const options = [...own, ...more].map((option) => `'${option}'`).join(" ");
  const address = `127.0.0.1:${port}`;
  const urlOf = (database: number) => `redis://:${PASSWORD}@${address}/${database}`;
  let server: Started;

  async function start(): Promise<void> {
    server = await spawned(`redis-server ${options}`);
  }
  async function kill(): Promise<void> {
    // It may be dead already.
    try {
      process.kill(server.pid, "SIGKILL");
    } catch {}
    await server.end();
  }
  await start();
  const client = createClient({ url: urlOf(0), socket: { reconnectStrategy: () => 20 } });
  client.on("error", () => {});
  await client.connect();

  return {
    port,
    address,
    url: urlOf,
    async redis(database, ...command) {
      if (more.includes("--cluster-enabled")) return client.sendCommand(command);
      const [, reply] = await Promise.all([client.sendCommand(["SELECT", `${database}`]), client.sendCommand(command)]);
      return reply;
    },
    async counted() {
      const text = `${await client.sendCommand(["INFO", "commandstats"])}`;
      await client.sendCommand(["CONFIG", "RESETSTAT"]);
      const lines = [...text.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)];
      return Object.fromEntries(lines.map(([, name, calls]) => [name as string, Number(calls)]));
    },
    pause: () => process.kill(server.pid, "SIGSTOP"),
    resume: () => process.kill(server.pid, "SIGCONT"),
    kill,
    async restart() {
      await kill();
      await start();
      while (!client.isReady) await new Promise((resolve) => setTimeout(resolve, 5));
      // It may still be loading what is on the disk.
      while (`${await client.ping().catch(String)}` !== "PONG") await new Promise((resolve) => setTimeout(resolve, 5));
    },
    async stop() {
      client.destroy();
      await server.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Started {
  readonly pid: number;
  end(): Promise<void>;
}

/** The shell ends the server when this process is gone, however it has ended, and the pipe to it breaks. */
async function spawned(command: string): Promise<Started> {
  const script = `${command} >/dev/null & echo $!; cat >/dev/null; kill -9 $!; wait $!`;
  const shell: ChildProcess = spawn("sh", ["-c", script], { stdio: ["pipe", "pipe", "ignore"] });
  const ended = new Promise<void>((resolve) => shell.once("exit", () => resolve()));
  const pid = await new Promise<number>((resolve) => shell.stdout?.once("data", (text) => resolve(Number(`${text}`))));
  return {
    pid,
    async end() {
      shell.stdin?.end();
      await ended;
    },
  };
}

export interface RedisCluster {
  readonly nodes: readonly RedisProcess[];
  stop(): Promise<void>;
}

/** Starts a cluster of three masters, each with so many replicas. */
export async function startCluster(replicas = 0): Promise<RedisCluster> {
  const options = ["--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--masterauth", PASSWORD];
  const nodes = await Promise.all(Array.from({ length: 3 * (1 + replicas) }, () => startRedis(...options)));
  const run = (args: readonly string[]) => runCli(["-a", PASSWORD, "--no-auth-warning", ...args]);
  const replicated = ["--cluster-replicas", `${replicas}`, "--cluster-yes"];
  await run(["--cluster", "create", ...nodes.map(({ address }) => address), ...replicated]);
  // Every node has to know of every slot.
  for (const node of nodes) {
    while (!`${await node.redis(0, "CLUSTER", "INFO")}`.includes("cluster_state:ok")) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  return {
    nodes,
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()));
    },
  };
}

/** Runs redis-cli, which can create a cluster and move its slots. */
export async function runCli(args: readonly string[]): Promise<string> {
  const child = spawn("redis-cli", args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (text) => (output += text));
  child.stderr.on("data", (text) => (output += text));
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`redis-cli ended with ${code}: ${output}`);
  return output;
}
