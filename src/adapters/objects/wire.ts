import type { OnCorrupt } from "../../core/corrupt.ts";
import type { ErrorCode } from "../../core/errors.ts";
import type { JsonValue } from "../../core/json.ts";
import type { SentDeadline } from "./deadlines.ts";

/** An entry in transit to or from an object: plain data, the value as JSON text. */
export interface WireRow {
  readonly json: string;
  readonly createdAt?: number | undefined;
  /** Missing if the entry never expires. */
  readonly deadline?: SentDeadline | undefined;
  /** Set by the object. */
  readonly version?: string | undefined;
  /** Set by the caller of a swap: the stored deadline stays as it is. */
  readonly keepsDeadline?: true | undefined;
}

/** A stored row that this library did not write in this form, such as one with text for a deadline. */
export interface DamagedRow {
  readonly damaged: true;
}

/** What is read under a key. Text is the JSON of a value, for a caller who asked for the value alone. */
export type ReadRow = WireRow | DamagedRow | string | null;

/** Some names in code point order, and whether there are more after the last. */
export interface NamesPage {
  readonly names: readonly string[];
  readonly more: boolean;
}

/** Which names to list: those that start with `prefix` and come after `after`, which is in the form of `toSqlText`. */
export interface NamesRequest {
  readonly prefix: string;
  readonly after: string | undefined;
  readonly limit: number;
}

/** Names an atomic operation, so that it happens once however often it is sent. */
export interface OnceOnly {
  readonly id: string;
  /** For a second copy: the first cannot have arrived before this time of the object's clock. */
  readonly notBefore?: number | undefined;
}

/** What an atomic operation did that changed something. */
export interface Receipt {
  /** The version of the entry that the operation wrote. It ends with the id of the operation. */
  readonly version: string;
  /** The result that the caller got, as JSON text. */
  readonly result: string;
}

/** What is known about an operation that was sent, and the time of the object's clock. */
export interface OutcomeReport {
  readonly now: number;
  readonly receipt?: Receipt | undefined;
}

/** What a swap is to change. */
interface WireChange {
  /** The expected version; `undefined`: no live entry is expected. */
  readonly expected: string | undefined;
  /** What to write; `undefined` removes what is there. */
  readonly next: WireRow | undefined;
  readonly onCorrupt: OnCorrupt;
}

/** How a `swap` ended; a refused one returns the live row. */
export type WireSwap =
  | { readonly ok: true; readonly version: string }
  | { readonly ok: false; readonly current?: WireRow | DamagedRow | undefined };

/** Which operation to apply. */
interface OperationCall {
  readonly name: string;
  readonly args: JsonValue;
  readonly onCorrupt: OnCorrupt;
}

/** What an object does; over RPC each is one call. Expired entries are absent. */
export interface ObjectCalls {
  readOne(collection: string, key: string, valueOnly?: boolean): ReadRow;
  /** Returns rows for as many keys from the start as fit in one reply, at least one. */
  read(collection: string, keys: readonly string[], valueOnly?: boolean): ReadRow[];
  /** Writes one entry. Its parts are arguments of their own, because an object takes longer to send. */
  writeOne(collection: string, key: string, json: string, createdAt?: number, deadline?: SentDeadline): void;
  write(collection: string, batch: { readonly items: readonly (readonly [key: string, row: WireRow])[] }): void;
  /** Returns how many live entries were removed. */
  remove(collection: string, keys: readonly string[]): number;
  listKeys(collection: string, request: NamesRequest): NamesPage;
  listCollections(request: NamesRequest): NamesPage;
  destroyCollection(collection: string): boolean;
  destroy(): boolean;
  /** Reclaims at most `limit` rows; `culled` leaves out those that only marked a removal. */
  cull(limit: number): { readonly culled: number; readonly more: boolean };
  swap(collection: string, key: string, change: WireChange, once: OnceOnly): WireSwap;
  /** Applies the operation of that name and returns its result as JSON text. */
  apply(collection: string, key: string, call: OperationCall, once: OnceOnly): string;
  /** Looks up whether an operation with this id has changed the entry. */
  outcome(collection: string, key: string, id: string): OutcomeReport;
}

/**
 * Why a call to an object was not carried out: data, since thrown errors lose their fields under older compatibility dates.
 * Any other reply is the result itself: an object around each result would cost more than a statement.
 */
export interface CallFailure {
  readonly failure: ObjectFailure | { readonly code: "unclaimed" };
}

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
