import { copyStored, type JsonValue } from "../json.ts";
import type { Operation } from "../operation.ts";

/** Removes an entry and returns a copy of its value, or `null` if there is none. Keeps an entry whose value cannot be copied. */
export const take: Operation<null, JsonValue> = {
  name: "take",
  run: (entry) => ({ next: undefined, result: entry ? copyStored(entry.value) : null }),
};
