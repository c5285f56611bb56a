import type { OnCorrupt } from "../../core/corrupt.ts";
import type { StoreOptions } from "../../core/store.ts";

/** A text to keep under a name. */
export interface Item {
  readonly name: string;
  readonly text: string;
  /** The storage may drop the text from this time on, in epoch milliseconds; `undefined`: never. */
  readonly expiresAt: number | undefined;
}

/** Items that were not kept. */
interface Failed {
  readonly items: readonly Item[];
  readonly cause?: unknown;
}

/** Storage of another package, reduced to texts under names. */
export interface ItemStorage {
  /** For messages. */
  readonly name: string;
  /** Returns what is under names, aligned with them: text, parsed JSON, or nothing. */
  get(names: readonly string[]): Promise<readonly unknown[]>;
  /** Keeps items; returns those that failed, with a reason where there is one. */
  set(items: readonly Item[]): Promise<Failed>;
  remove(name: string): Promise<unknown>;
  /** Returns all names, and maybe those of others. */
  names?(): Promise<readonly string[]>;
}

/** Options of stores over the storage of other packages. */
export interface ItemStoreOptions extends StoreOptions {
  /**
   * `strong` where you know that a read sees every write that finished before it, from anywhere: a database or Redis, or
   * files and memory of one process. Default: `"eventual"`.
   */
  readonly consistency?: "strong" | "eventual" | undefined;
  /** What to do with stored values that this store did not write. Default: `"throw"`. */
  readonly onCorrupt?: OnCorrupt | undefined;
  /** Adds listings, where you know that the storage lists all its keys, however many. Default: `false`. */
  readonly listings?: boolean | undefined;
}

/** What a store with listings can do. */
export type ListCapability = "listKeys" | "listCollections" | "destroyCollection";
