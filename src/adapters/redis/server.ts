import type { Awaitable } from "../../core/driver.ts";
import type { ErrorDetails, KeyValueError } from "../../core/errors.ts";

export type RedisCommand = readonly [name: string, ...args: string[]];

/** A Redis database and how its client reaches it. */
export interface RedisServer {
  /** The name of the driver. */
  readonly name: string;
  /** In bytes. */
  readonly limits: { readonly keyBytes: number; readonly requestBytes: number };
  /** How many bytes of a request a text takes. */
  sizeOf(text: string): number;
  /** The most bytes that {@link sizeOf} returns for each UTF-16 unit of a text. */
  readonly bytesPerUnit: number;
  /** Whether something on the way may send a command again after a lost reply, without saying so. */
  readonly resends: boolean;
  /** Whether the client returns strings as they are. Else it may parse them as JSON, and every command is a script. */
  readonly plainReplies: boolean;
  /** The nodes that hold the keys of a cluster. */
  readonly nodes?: (() => Awaitable<readonly RedisNode[]>) | undefined;
  /** Sends one command in one request, to the node of a key where there are several. */
  call(command: RedisCommand, key: string | undefined, readOnly: boolean): PromiseLike<unknown>;
  /** Turns what a call threw, or the text of a Redis error, into an error of this library. */
  errorOf(cause: unknown, details: ErrorDetails): KeyValueError;
}

/** One node of a cluster. */
export interface RedisNode {
  readonly id: string;
  call(command: RedisCommand): PromiseLike<unknown>;
}

const encoder = /* @__PURE__ */ new TextEncoder();

/** The length of a text in UTF-8 bytes. */
export const utf8Bytes = (text: string): number => encoder.encode(text).length;
