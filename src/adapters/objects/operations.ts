import type { JsonValue } from "../../core/json.ts";
import type { Operation } from "../../core/operation.ts";
import { hold } from "../../core/operations/hold.ts";
import { increment } from "../../core/operations/increment.ts";
import { limit } from "../../core/operations/limit.ts";
import { take } from "../../core/operations/take.ts";
import { touch } from "../../core/operations/touch.ts";

/** An operation whose arguments are not checked again. */
export type AnyOperation = Operation<never, JsonValue>;

/** The operations that an object knows by name. */
export const objectOperations: ReadonlyMap<string, AnyOperation> = /* @__PURE__ */ new Map<string, AnyOperation>(
  [hold, increment, limit, take, touch].map((operation) => [operation.name, operation as AnyOperation]),
);
