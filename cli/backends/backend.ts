import type { AnyDriver } from "../../src/index.ts";

/** A backend that the command has opened. */
export interface Backend {
  /** The address without password and token, for messages. */
  readonly label: string;
  readonly driver: AnyDriver;
  /** How many entries it has, at least roughly, if it can tell quickly. */
  size?(): Promise<number>;
  close(): Promise<void>;
}

export type Use = "read" | "try" | "change" | "create";

/** How to open a backend. */
export interface OpenOptions {
  /** The `keyPrefix` of the store, or `""`. */
  readonly keyPrefix: string;
  /** The table of a SQL database. Default: the one of the adapter. */
  readonly table?: string | undefined;
  /**
   * What the command will do: only read, read what may be missing to try what a write would do, change what is there, or also
   * create what is missing.
   */
  readonly use: Use;
}

/** An address as a message may show it. */
export function withoutSecrets(url: URL): string {
  const shown = new URL(url);
  shown.username = shown.password = shown.search = shown.hash = "";
  return shown.href.replace(/\/$/, "");
}
