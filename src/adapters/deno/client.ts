/** A key of Deno KV, as far as this adapter uses them. */
export type DenoKVKey = readonly string[];

/** An entry of Deno KV. A missing one has no versionstamp. */
export interface DenoKVEntry {
  readonly key: readonly unknown[];
  readonly value: unknown;
  readonly versionstamp: string | null;
}

/** What this adapter needs of an atomic operation of Deno KV. */
export interface DenoKVAtomic {
  check(...checks: { key: DenoKVKey; versionstamp: string | null }[]): DenoKVAtomic;
  set(key: DenoKVKey, value: unknown, options?: { expireIn?: number }): DenoKVAtomic;
  delete(key: DenoKVKey): DenoKVAtomic;
  commit(): Promise<{ readonly ok: boolean; readonly versionstamp?: string }>;
}

/** How fresh a read of Deno KV must be. */
export interface DenoKVReadOptions {
  consistency?: "strong" | "eventual";
}

/** What this adapter needs of a database; `Deno.Kv` and `Kv` of `@deno/kv` fit. */
export interface DenoKVClient {
  get(key: DenoKVKey, options?: DenoKVReadOptions): Promise<DenoKVEntry>;
  getMany(keys: DenoKVKey[], options?: DenoKVReadOptions): Promise<readonly DenoKVEntry[]>;
  list(
    selector: { prefix: DenoKVKey; start: DenoKVKey },
    options?: DenoKVReadOptions & { batchSize?: number },
  ): AsyncIterable<DenoKVEntry>;
  atomic(): DenoKVAtomic;
}
