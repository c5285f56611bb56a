import type { Apply, Driver } from "../../core/driver.ts";
import type { Entry } from "../../core/entry.ts";
import { type ErrorDetails, KeyValueError } from "../../core/errors.ts";
import type { JsonValue } from "../../core/json.ts";
import { operate } from "../../core/operate.ts";
import type { Operation } from "../../core/operation.ts";
import type { HoldArgs } from "../../core/operations/hold.ts";
import type { IncrementArgs } from "../../core/operations/increment.ts";
import type { LimitArgs } from "../../core/operations/limit.ts";
import type { TouchArgs } from "../../core/operations/touch.ts";
import { OPERATION_SCRIPTS } from "./operation-scripts.ts";
import { type Found, parseFound } from "./reads.ts";
import { decodeEnvelope } from "./wire.ts";

/** How the arguments of an operation go to its script, and how its reply comes back: a sign and the rest. */
interface Translation {
  args(args: JsonValue): readonly string[];
  result(sign: string, rest: string): JsonValue | undefined;
}

const life = (milliseconds: number | null): string => (milliseconds === null ? "" : `${milliseconds}`);

const TRANSLATIONS: Readonly<Record<string, Translation>> = {
  take: { args: () => [], result: (sign, bytes) => (sign === "-" ? null : decodeEnvelope(bytes)?.value) },
  increment: {
    args: (args) => {
      const { by, life: lives } = args as unknown as IncrementArgs;
      return [`${by}`, life(lives)];
    },
    result: (sign, sum) => (sign === "!" ? { error: "out_of_range" } : { sum: Number(sum) }),
  },
  touch: { args: (args) => [life((args as unknown as TouchArgs).life)], result: (sign) => sign === "+" },
  limit: {
    args: (args) => {
      const { limit, window, cost } = args as unknown as LimitArgs;
      return [`${limit}`, `${window}`, `${cost}`];
    },
    result(sign, numbers) {
      const [remaining = 0, retryAfter = 0, resetAfter = 0] = numbers.split(",").map(Number);
      return { allowed: sign === "+", remaining, retryAfter, resetAfter };
    },
  },
  hold: {
    args: (args) => {
      const { owner, life: lives, take } = args as unknown as HoldArgs;
      return [JSON.stringify(owner).replaceAll("\uFFFD", "\\ufffd"), `${lives}`, take ? "1" : ""];
    },
    result: (sign, token) => (sign === "-" ? null : { token: Number(token) }),
  },
};

/** The atomic operations of a Redis driver: one script each. */
export function redisOperations(
  driver: Driver<"swap">,
  entryOf: (found: Found, details: ErrorDetails) => Entry | undefined,
  run: (
    script: string,
    collection: string,
    key: string,
    args: readonly string[],
    details: ErrorDetails,
  ) => Promise<string>,
): Required<Pick<Driver<"swap">, "operations" | "apply">> {
  const apply: Apply = async <A extends JsonValue, R extends JsonValue>(
    collection: string,
    key: string,
    operation: Operation<A, R>,
    args: A,
  ) => {
    const details = { store: driver.name, collection, key };
    const { args: argsOf, result: resultOf } = TRANSLATIONS[operation.name] as Translation;
    const script = OPERATION_SCRIPTS[operation.name] as string;
    const reply = await run(script, collection, key, argsOf(args), details);
    if (reply.startsWith("?"))
      return operate(startingWith(reply.slice(1), details), { collection, key }, operation, args);
    const result = resultOf(reply[0] as string, reply.slice(1));
    if (result === undefined) throw new KeyValueError("corrupted", "the stored bytes are not an entry", details);
    return result as R;
  };
  /** The driver without native operations, whose first read returns what the script has found. */
  function startingWith(found: string, details: ErrorDetails): Driver<"swap"> {
    let first = found !== "";
    return {
      ...driver,
      async read(collection, keys, options) {
        if (!first) return driver.read(collection, keys, options);
        first = false;
        return [entryOf(parseFound(found), details)];
      },
    };
  }

  return { operations: { has: (name) => Object.hasOwn(TRANSLATIONS, name) }, apply };
}
