import type { JsonValue } from "../json.ts";
import type { Operation } from "../operation.ts";

/** Removes an entry and returns its value, or `null` if there is none. */
export const take: Operation<null, JsonValue> = {
  name: "take",
  run: (entry) => ({ next: undefined, result: entry ? entry.value : null }),
};
