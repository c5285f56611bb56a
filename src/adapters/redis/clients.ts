import { refuse } from "../../core/checks.ts";
import { clientError } from "./errors.ts";
import { type RedisCommand, type RedisNode, type RedisServer, utf8Bytes } from "./server.ts";

/** The part of a node-redis client (`createClient`, `createClientPool`) that the store calls. */
export interface NodeRedisClient {
  sendCommand(args: string[]): Promise<unknown>;
}

/** The part of a node-redis cluster (`createCluster`) that the store calls. */
export interface NodeRedisCluster {
  readonly masters: readonly { readonly address: string }[];
  nodeClient(node: { readonly address: string }): PromiseLike<NodeRedisClient> | NodeRedisClient;
  sendCommand(firstKey: string | undefined, isReadonly: boolean | undefined, args: string[]): Promise<unknown>;
}

/** The part of an ioredis or iovalkey client (`Redis`) that the store calls. */
export interface IORedisClient {
  readonly options: {
    readonly keyPrefix?: string | undefined;
    readonly autoResendUnfulfilledCommands?: boolean | undefined;
  };
  call(command: string, args: string[]): Promise<unknown>;
}

/** The part of an ioredis or iovalkey cluster (`Cluster`) that the store calls. */
export interface IORedisCluster {
  readonly isCluster: boolean;
  readonly options: { readonly keyPrefix?: string | undefined; readonly scaleReads?: unknown };
  nodes(
    role: "master",
  ): readonly (IORedisClient & { readonly options: { readonly host?: string; readonly port?: number } })[];
  call(command: string, args: string[]): Promise<unknown>;
}

/** The part of Bun's `RedisClient` that the store calls. */
export interface BunRedisClient {
  send(command: string, args: string[]): Promise<unknown>;
}

/** Any client that {@link redisStore} takes. */
export type RedisClient = NodeRedisClient | NodeRedisCluster | IORedisClient | IORedisCluster | BunRedisClient;

type Way = Pick<RedisServer, "call" | "nodes" | "resends">;

/** How to reach Redis with a client; `undefined` for anything else. */
function wayOf(client: object, strong: boolean): Way | undefined {
  if ("call" in client && typeof client.call === "function")
    return ioredisWay(client as IORedisClient | IORedisCluster, strong);
  if ("sendCommand" in client && typeof client.sendCommand === "function") {
    if ("masters" in client) return nodeRedisClusterWay(client as NodeRedisCluster);
    if ("getSentinelNode" in client) {
      throw new TypeError("client must not be a sentinel client of node-redis: use ioredis with sentinels");
    }
    // Unlike ioredis, it reports commands whose reply was lost.
    return { resends: false, call: (command) => (client as NodeRedisClient).sendCommand([...command]) };
  }
  if ("send" in client && typeof client.send === "function") {
    return { resends: false, call: ([name, ...args]) => (client as BunRedisClient).send(name, args) };
  }
  return undefined;
}

function nodeRedisClusterWay(cluster: NodeRedisCluster): Way {
  return {
    resends: false,
    call: (command, key, readOnly) => cluster.sendCommand(key, readOnly, [...command]),
    nodes: () =>
      cluster.masters.map(
        (node): RedisNode => ({
          id: node.address,
          call: async (command) => (await cluster.nodeClient(node)).sendCommand([...command]),
        }),
      ),
  };
}

function ioredisWay(client: IORedisClient | IORedisCluster, strong: boolean): Way {
  const { options } = client;
  if (options?.keyPrefix) {
    throw new TypeError("client must not have a keyPrefix of its own: pass keyPrefix to redisStore");
  }
  const call = ([name, ...args]: RedisCommand) => client.call(name, args);
  if (!("isCluster" in client && client.isCluster)) {
    return { resends: (options as IORedisClient["options"])?.autoResendUnfulfilledCommands !== false, call };
  }
  const { scaleReads = "master" } = client.options;
  if (strong && scaleReads !== "master") {
    throw new TypeError('a client that reads from replicas (scaleReads) needs { consistency: "eventual" }');
  }
  return {
    // It sends commands again when a node's connection has closed.
    resends: true,
    call,
    async nodes() {
      // It knows no nodes before it has connected, and the first command connects.
      if (client.nodes("master").length === 0) await client.call("PING", []);
      return client
        .nodes("master")
        .map(
          (node): RedisNode => ({
            id: `${node.options.host}:${node.options.port}`,
            call: ([name, ...args]) => node.call(name, args),
          }),
        );
    },
  };
}

/** A Redis database behind a client. */
export function redisServer(client: RedisClient, strong: boolean): RedisServer {
  const way = wayOf(Object(client), strong);
  if (!way) {
    refuse("client", "a client of node-redis, ioredis, iovalkey or Bun, or a redis:// URL", client);
  }
  return {
    name: "redis",
    // Redis takes 512 MB for both. It does nothing else while it takes a request, and listings go through all names.
    limits: { keyBytes: 1024 * 1024, requestBytes: 32 * 1024 * 1024 },
    sizeOf: utf8Bytes,
    bytesPerUnit: 3,
    plainReplies: true,
    errorOf: clientError,
    ...way,
  };
}
