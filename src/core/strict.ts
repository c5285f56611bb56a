import type { AsyncKeyValue, PutOptions } from "./protocol.ts";

/** What JSON drops or turns into something else. */
type Changed =
  | bigint
  | symbol
  | ((...args: never[]) => unknown)
  | (abstract new (
      ...args: never[]
    ) => unknown)
  | Date
  | RegExp
  | Error
  | ArrayBuffer
  | ArrayBufferView
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | WeakMap<object, unknown>
  | WeakSet<object>
  | PromiseLike<unknown>;

/** The type of a value if JSON keeps it as it is; with `never` where it does not. `unknown` and `any` stay as they are. */
export type Storable<T> = unknown extends T
  ? T
  : T extends Changed
    ? never
    : T extends object
      ? { readonly [Name in keyof T]: Storable<T[Name]> }
      : T;

/**
 * The protocol with a `put` and a `putMany` that do not compile for values that JSON would change, such as a `Date`.
 *
 * The store refuses those values in any case, with code `not_serializable`. `AsyncKeyValue` takes `unknown`, because a
 * generic function such as `<T>(value: T) => store.put("key", value)` does not compile with a stricter type.
 *
 * @example
 * ```ts
 * import { memoryStore, type StrictKeyValue } from "edge-key-value";
 *
 * const store: StrictKeyValue = memoryStore();
 * await store.put("user:1", { name: "Alice", joined: new Date().toISOString() });
 * ```
 */
export interface StrictKeyValue extends Omit<AsyncKeyValue, "put" | "putMany"> {
  put<T>(key: string, value: T & Storable<T>, options?: PutOptions): Promise<void>;
  putMany<T>(entries: Iterable<readonly [key: string, value: T & Storable<T>]>, options?: PutOptions): Promise<void>;
}
