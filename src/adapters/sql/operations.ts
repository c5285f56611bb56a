import type { AnyDriver, Apply, Awaitable, Driver } from "../../core/driver.ts";
import type { Entry } from "../../core/entry.ts";
import { newId } from "../../core/ids.ts";
import type { JsonValue } from "../../core/json.ts";
import { operate } from "../../core/operate.ts";
import type { IncrementArgs } from "../../core/operations/increment.ts";
import type { TouchArgs } from "../../core/operations/touch.ts";
import type { SqlContext } from "./context.ts";
import type { Dialect } from "./dialect.ts";
import { isLive } from "./dialect.ts";
import { toSqlText } from "./text.ts";

type Operations = Pick<AnyDriver, "operations" | "apply">;

/** The operations that a database does in one call. */
export function sqlOperations(context: SqlContext, driver: Driver<"swap">): Operations {
  if (context.database.transaction) return inTransaction(context, context.database.transaction);
  return context.dialect.operations ? inStatements(context, driver, context.dialect.operations) : {};
}

/** Runs the function of any operation in a transaction. */
function inTransaction(
  { dialect, withRecovery, keyOf, encode, entryOf }: SqlContext,
  transaction: NonNullable<SqlContext["database"]["transaction"]>,
): Operations {
  const apply: Apply = (collection, key, operation, args) => {
    const details = { collection, key };
    const place = toSqlText(collection);
    const stored = keyOf(collection, key);
    const work = () =>
      transaction((run) => {
        const now = Date.now();
        const entry = entryOf(run(dialect.read(place, stored, now))[0], now, details);
        const { next, result } = operation.run(entry, args, now);
        if (next === entry) return result;
        const row = next && encode(collection, key, next, now);
        run(row && isLive(row) ? dialect.write(place, row, newId(), now) : dialect.remove(place, stored, now));
        return result;
      });
    return withRecovery(work, details);
  };
  return { operations: { has: () => true }, apply };
}

/** Applies the operations that a database has a statement for. If the statement does nothing, it reads and swaps. */
function inStatements(
  { run, keyOf, encode, entryOf }: SqlContext,
  driver: Driver<"swap">,
  { take, increment, touch }: NonNullable<Dialect["operations"]>,
): Operations {
  /** The result; the current entry if the statement did nothing; or nothing if no statement was sent. */
  type Applied = { readonly result: JsonValue } | { readonly entry: Entry | undefined } | undefined;

  const known: Readonly<Record<string, (collection: string, key: string, args: JsonValue) => Awaitable<Applied>>> = {
    async take(collection, key) {
      const now = Date.now();
      const details = { collection, key };
      const [row] = await run(take(toSqlText(collection), keyOf(collection, key), now), details);
      if (row?.taken == null) return { entry: entryOf(row, now, details) };
      return { result: entryOf({ value: row.taken }, now, details)?.value ?? null };
    },

    async increment(collection, key, args) {
      const { by, life } = args as IncrementArgs;
      if (!Number.isSafeInteger(by)) return undefined;
      const now = Date.now();
      const details = { collection, key };
      const expiresAt = life === null ? undefined : now + life;
      const first = encode(collection, key, { value: by + 0, createdAt: now, expiresAt }, now);
      const sent = { ...first, version: newId(), keepsDeadline: false };
      const [row] = await run(increment(toSqlText(collection), sent, now), details);
      return row?.sum == null ? { entry: entryOf(row, now, details) } : { result: { sum: Number(row.sum) } };
    },

    async touch(collection, key, args) {
      const { life } = args as TouchArgs;
      const statements = touch(toSqlText(collection), keyOf(collection, key), life, newId(), Date.now());
      return { result: (await run(statements, { collection, key })).length > 0 };
    },
  };

  const apply: Apply = async (collection, key, operation, args) => {
    const outcome = await known[operation.name]?.(collection, key, args);
    if (outcome && "result" in outcome) return outcome.result as never;
    if (outcome) {
      const step = operation.run(outcome.entry, args, Date.now());
      // The operation changes nothing, so its result is right for the entry that the statement saw.
      if (step.next === outcome.entry) return step.result;
    }
    return operate(driver, { collection, key }, operation, args);
  };
  return { operations: { has: (name) => Object.hasOwn(known, name) }, apply };
}
