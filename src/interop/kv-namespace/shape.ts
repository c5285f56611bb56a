/** The shapes of `KVNamespace`, as `@cloudflare/workers-types` has them; the classes of both fit each other. */

/** How long a location may keep what it read. A store has no such cache, so the number is checked and then ignored. */
interface CacheTtl {
  readonly cacheTtl?: number | undefined;
}

/** The types of the platform let `undefined` stand for it, too. */
type As<Type extends string> = Type | (CacheTtl & { readonly type: Type }) | undefined;
type AsText = "text" | (CacheTtl & { readonly type?: "text" | undefined });

/** A value with its metadata; both are `null` where the key has none. */
export interface KVValueWithMetadata<Value, Metadata> {
  readonly value: Value | null;
  readonly metadata: Metadata | null;
  /** Always `null`: a store does not tell whether a cache answered. */
  readonly cacheStatus: string | null;
}

/** What `put` takes besides a value. */
export interface KVPutOptions {
  /** When the key expires, in seconds since 1970; at least a minute from now. */
  readonly expiration?: number | undefined;
  /** Seconds until the key expires, at least 60. Wins over `expiration`. */
  readonly expirationTtl?: number | undefined;
  /** Any JSON value of at most 1,024 bytes. */
  readonly metadata?: unknown;
}

/** Which keys `list` returns. */
export interface KVListOptions {
  readonly prefix?: string | null | undefined;
  /** At most this many keys, up to 1,000. Default: 1,000. */
  readonly limit?: number | undefined;
  /** The `cursor` of the page before. */
  readonly cursor?: string | null | undefined;
}

/** A key in a listing. */
export interface KVListKey<Metadata> {
  name: string;
  /** In seconds since 1970. */
  expiration?: number;
  metadata?: Metadata;
}

/** A page of a listing. */
export type KVListResult<Metadata> = { keys: KVListKey<Metadata>[]; cacheStatus: string | null } & (
  | { list_complete: true }
  | { list_complete: false; cursor: string }
);

/** The whole of a Workers `KVNamespace`. */
export interface KVNamespaceLike {
  get(key: string, type?: AsText): Promise<string | null>;
  get<Value = unknown>(key: string, type: As<"json">): Promise<Value | null>;
  get(key: string, type: As<"arrayBuffer">): Promise<ArrayBuffer | null>;
  get(key: string, type: As<"stream">): Promise<ReadableStream | null>;
  get(keys: string[], type?: AsText): Promise<Map<string, string | null>>;
  get<Value = unknown>(keys: string[], type: As<"json">): Promise<Map<string, Value | null>>;

  getWithMetadata<Metadata = unknown>(key: string, type?: AsText): Promise<KVValueWithMetadata<string, Metadata>>;
  getWithMetadata<Value = unknown, Metadata = unknown>(
    key: string,
    type: As<"json">,
  ): Promise<KVValueWithMetadata<Value, Metadata>>;
  getWithMetadata<Metadata = unknown>(
    key: string,
    type: As<"arrayBuffer">,
  ): Promise<KVValueWithMetadata<ArrayBuffer, Metadata>>;
  getWithMetadata<Metadata = unknown>(
    key: string,
    type: As<"stream">,
  ): Promise<KVValueWithMetadata<ReadableStream, Metadata>>;
  getWithMetadata<Metadata = unknown>(
    keys: string[],
    type?: AsText,
  ): Promise<Map<string, KVValueWithMetadata<string, Metadata>>>;
  getWithMetadata<Value = unknown, Metadata = unknown>(
    keys: string[],
    type: As<"json">,
  ): Promise<Map<string, KVValueWithMetadata<Value, Metadata>>>;

  put(
    key: string,
    value: string | ArrayBuffer | ArrayBufferView | ReadableStream,
    options?: KVPutOptions,
  ): Promise<void>;
  delete(key: string): Promise<void>;
  list<Metadata = unknown>(options?: KVListOptions): Promise<KVListResult<Metadata>>;
}

/** How a value is read, whatever the signature. */
export type KVReadOptions = string | null | (CacheTtl & { readonly type?: string | undefined }) | undefined;
