import type { AsyncKeyValue, Wrapped } from "../combinators/index.ts";
import { checkOptions, oneOf } from "../core/checks.ts";
import { type Codec, coded } from "./codec.ts";

/** What to do with stored values that cannot be decrypted. */
export interface EncryptedOptions {
  /** Throw, or treat the entry as missing; a write can then replace it. Default: `"throw"`. */
  readonly onFailure?: "throw" | "miss" | undefined;
  /**
   * Read values that are not encrypted; writes always encrypt. Use it to move a store over, then switch it off: while it is
   * on, anybody who can write to the backend can make up values. Default: `false`.
   */
  readonly allowPlaintext?: boolean | undefined;
}

/** Makes a store that keeps its values encrypted by a codec. */
export function encrypted<S extends AsyncKeyValue>(store: S, codec: Codec, options: EncryptedOptions): Wrapped<S> {
  const { onFailure, allowPlaintext } = checkOptions(options, { allowPlaintext: "boolean" });
  if (onFailure !== undefined) oneOf(onFailure, "onFailure", ["throw", "miss"]);
  return coded(store, codec, { onFailure, readPlain: allowPlaintext });
}
