import { oneOf } from "./checks.ts";

/** What to do with a stored value that cannot be decoded: throw an error with code `corrupted`, or treat the entry as missing. */
export type OnCorrupt = "throw" | "miss";

/** Returns the option `onCorrupt`, or its default. */
export function checkedOnCorrupt(given: OnCorrupt = "throw"): OnCorrupt {
  oneOf(given, "onCorrupt", ["throw", "miss"]);
  return given;
}
