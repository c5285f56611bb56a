import type { ErrorCode } from "../../core/errors.ts";

/** An entry as it crosses to an object and lies in its table: plain data, the value as JSON text. */
export interface Row {
  readonly value: string;
  readonly createdAt?: number | undefined;
  readonly expiresAt?: number | undefined;
  readonly version?: string | undefined;
}

/** Some names in code point order, and whether there are more behind the last. */
export interface Names {
  readonly names: readonly string[];
  readonly more: boolean;
}

/** Which names to list: those that start with `prefix` and come after `after`, which is in the form of `toSqlText`. */
export interface NamesRequest {
  readonly prefix: string;
  readonly after: string | undefined;
  readonly limit: number;
}

/** What a table of entries does; over RPC each is one call. Rows that have expired count as missing. */
export interface Operations {
  /** Answers for as many keys from the start as fit one answer, at least one. */
  read(collection: string, keys: readonly string[]): (Row | null)[];
  write(collection: string, items: readonly (readonly [key: string, row: Row])[]): void;
  remove(collection: string, keys: readonly string[]): number;
  listKeys(collection: string, request: NamesRequest): Names;
  listCollections(request: NamesRequest): Names;
  destroyCollection(collection: string): boolean;
  destroy(): boolean;
  /** Reclaims at most `limit` rows; `culled` leaves out those that only marked a removal. */
  cull(limit: number): { readonly culled: number; readonly more: boolean };
  /** With an `id` that names this very swap it may be sent again: it happens once, and is answered the same. */
  swap(
    collection: string,
    key: string,
    expected: string | undefined,
    next: Row | undefined,
    id: string,
  ): { readonly ok: true } | { readonly ok: false; readonly current?: Row | undefined };
}

/** How a call to an object ended: as data, since thrown errors lose their fields under older compatibility dates. */
export type Outcome =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly code: "unclaimed" }
  | ({ readonly ok: false } & ObjectFailure);

/** What went wrong in an object. */
export interface ObjectFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly cause?: string | undefined;
}

/** The most UTF-16 units that one call carries each way; RPC takes 32 MiB, and a unit may take two bytes. */
export const CALL_UNITS: number = 12 * 1024 * 1024;

/** How many expired rows one call or alarm reclaims. */
export const CULL_ROWS = 1000;
