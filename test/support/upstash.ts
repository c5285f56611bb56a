/** The gateway for tests in every runtime: databases of their own, the requests they have made, and faults. */
import { Redis, type RedisConfigNodejs } from "@upstash/redis";
import { describe, it } from "#test";
import { onWorkers } from "./runtime.ts";

type Variables = Record<string, string | undefined>;

const { EKV_GATEWAY_URL: url = "", EKV_GATEWAY_TOKEN: token = "" } = await variables();

/** Of whoever started the tests; a file that is run by hand on Node, Deno or Bun starts a gateway for itself. */
async function variables(): Promise<Variables> {
  const given = (globalThis as { process?: { env: Variables } }).process?.env ?? {};
  if (given.EKV_GATEWAY_URL || onWorkers) return given;
  const file = "./redis-gateway.mjs";
  return (await import(/* @vite-ignore */ file)).startGateway().then((gateway: { env: Variables }) => gateway.env);
}

/** Registers tests that need redis-server, or one skipped test that says how to get it. */
export function describeWithRedis(name: string, body: () => void): void {
  if (url) describe(name, body);
  else describe(name, () => it.skip("needs redis-server on PATH: apt-get install redis-server", () => {}));
}

/** What happens to a request: executed with its reply lost, dropped before, or answered with a failure. */
export type Fault = "lost" | "refused" | null | { status: number; error?: string; body?: unknown };

/** A Redis database of its own behind the gateway. */
export interface Database {
  readonly url: string;
  readonly token: string;
  /** Runs a command by itself, apart from the counts and faults of the store under test. */
  redis(...command: (string | number)[]): Promise<unknown>;
  /** The commands of each request since the last time. */
  requests(): Promise<string[][]>;
  /** What happens to the next requests, one after the other, or to a share of all of them. */
  faults(faults: Fault[] | { lost: number }): Promise<void>;
  client(options?: Partial<RedisConfigNodejs>): Redis;
}

export async function openDatabase(): Promise<Database> {
  const headers = { authorization: `Bearer ${token}` };
  const post = async (address: string, body?: unknown) => {
    const response = await fetch(address, { method: "POST", headers, body: JSON.stringify(body ?? null) });
    return response.json() as Promise<never>;
  };
  const base = url + ((await post(`${url}/scopes`)) as { path: string }).path;
  return {
    url: base,
    token,
    async redis(...command) {
      const { result, error } = (await post(`${base}/direct`, command)) as { result: unknown; error?: string };
      if (error) throw new Error(error);
      return result;
    },
    requests: () => post(`${base}/requests`),
    faults: (faults) => post(`${base}/faults`, faults),
    client: (options) =>
      new Redis({ url: base, token, enableTelemetry: false, retry: { retries: 5, backoff: () => 5 }, ...options }),
  };
}
