/** For how many seconds a location may answer from its cache. */
interface CacheOptions {
  readonly cacheTtl?: number;
}

/** The part of a KV binding that this adapter calls; `KVNamespace` of `@cloudflare/workers-types` fits. */
export interface WorkersKV {
  getWithMetadata(name: string, options: CacheOptions): Promise<WorkersKVValue>;
  getWithMetadata(names: string[], options: CacheOptions): Promise<Map<string, WorkersKVValue>>;
  put(name: string, value: string, options: { expirationTtl?: number; metadata: unknown }): Promise<void>;
  delete(name: string): Promise<void>;
  list(options: { prefix: string; cursor?: string | null; limit?: number }): Promise<WorkersKVList>;
}

/** A value as a KV binding returns it. */
export interface WorkersKVValue {
  readonly value: string | null;
  readonly metadata: unknown;
}

/** A page of names as a KV binding returns it. */
export type WorkersKVList = { readonly keys: readonly { readonly name: string; readonly metadata?: unknown }[] } & (
  | { readonly list_complete: true }
  | { readonly list_complete: false; readonly cursor: string }
);
