/** The little of Deno that the documents use; its own types cannot be loaded beside those of the other runtimes. */
declare const Deno: {
  readonly env: { get(name: string): string | undefined };
  serve(handler: (request: Request) => Response | Promise<Response>): { shutdown(): Promise<void> };
  serve(
    options: { port?: number; hostname?: string },
    handler: (request: Request) => Response | Promise<Response>,
  ): { shutdown(): Promise<void> };
  openKv(path?: string): Promise<import("edge-key-value/adapters/deno-kv").DenoKVClient>;
};

/** The bindings that examples take from `cloudflare:workers`; `npx wrangler types` writes such a declaration. */
declare namespace Cloudflare {
  interface Env {
    KV: KVNamespace;
    STORE: DurableObjectNamespace<import("edge-key-value/adapters/key-value-object").KeyValueObject>;
  }
}

/** The type of the bindings that `npx wrangler types` writes as well. */
interface Env extends Cloudflare.Env {}

/** The class that the examples for LangChain name. The package is too large to install for them. */
declare module "@langchain/core/stores" {
  export abstract class BaseStore<K, V> {
    abstract mget(keys: K[]): Promise<(V | undefined)[]>;
    abstract mset(pairs: [K, V][]): Promise<void>;
    abstract mdelete(keys: K[]): Promise<void>;
    abstract yieldKeys(prefix?: string): AsyncGenerator<K | string>;
  }
}
