/** What this adapter reads of an object. */
export interface R2Stored {
  readonly key: string;
  readonly etag: string;
  readonly customMetadata?: Readonly<Record<string, string>> | undefined;
}

/** An object with its bytes. */
export interface R2StoredBody extends R2Stored {
  text(): Promise<string>;
}

/** When an object is written. R2 takes headers as well, whose type is another one in each set of types for runtimes. */
export interface R2Condition {
  readonly etagMatches?: string;
}

/** How this adapter writes an object. */
export interface R2Writing {
  readonly customMetadata: Record<string, string>;
  readonly httpMetadata: { readonly contentType: string };
}

/** What this adapter asks a listing for. */
export interface R2Listing {
  readonly prefix: string;
  readonly startAfter?: string;
  readonly limit: number;
  readonly include: ["customMetadata"];
}

/** What this adapter needs of a bucket; `R2Bucket` fits. */
export interface R2Client {
  head(key: string): Promise<R2Stored | null>;
  get(key: string): Promise<R2StoredBody | null>;
  put(key: string, value: string, options: R2Writing & { readonly onlyIf: R2Condition }): Promise<R2Stored | null>;
  put(key: string, value: string, options: R2Writing): Promise<R2Stored | null>;
  delete(keys: string[]): Promise<void>;
  list(options: R2Listing): Promise<{ readonly objects: readonly R2Stored[]; readonly truncated: boolean }>;
}
