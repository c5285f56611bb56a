/** What this adapter needs of a response. */
export interface CachedResponse {
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}

/** What this adapter needs of a cache; `Cache` fits, in Workers, Deno and browsers. */
export interface CacheClient {
  match(url: string): Promise<CachedResponse | undefined>;
  put(url: string, response: Response): Promise<unknown>;
  delete(url: string): Promise<boolean>;
}
