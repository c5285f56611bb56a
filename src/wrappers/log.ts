import { type AsyncKeyValue, type Wrapped, wrap } from "../combinators/index.ts";
import { observe } from "../combinators/observe.ts";
import { checkOptions, oneOf } from "../core/checks.ts";
import { type Entry, live } from "../core/entry.ts";
import { KeyValueError } from "../core/errors.ts";

const LEVELS = ["debug", "info", "warn", "error"] as const;

/** How many keys of a bulk a line shows. */
const SHOWN_KEYS = 10;

/** Options of {@link log}. */
export interface LogOptions {
  /** Where lines go; most logging libraries fit. Default: `console`. */
  readonly logger?: { [Level in (typeof LEVELS)[number]]: (line: string) => unknown } | undefined;
  /** The level of all lines except failures, which are errors. Default: `"info"`. */
  readonly level?: (typeof LEVELS)[number] | undefined;
  /** Whether to write keys: of a bulk the first ten. Switch it off where a key is a secret, such as a session id. Default: `true`. */
  readonly keys?: boolean | undefined;
  /** Whether to write values. Default: `false`. */
  readonly values?: boolean | undefined;
  /** Whether a line is JSON and not `name=value` pairs. Default: `false`. */
  readonly structured?: boolean | undefined;
}

/**
 * Makes a store that writes a line when a call to its backend starts, and one when it ends, with duration and outcome.
 *
 * An atomic operation is one call if the backend runs it, and a read and a swap otherwise. A line about a failure has the code
 * and message of a `KeyValueError`, which contain no secret; of any other error it has the name. A call waits
 * for the promises of the logger. A logger that fails loses its line, and the console says so once.
 *
 * @throws TypeError when the logger lacks a level.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { log } from "edge-key-value/wrappers/log";
 *
 * const store = log(memoryStore(), { level: "debug", structured: true });
 * await store.get("user:1");
 * ```
 */
export function log<S extends AsyncKeyValue>(store: S, options: LogOptions = {}): Wrapped<S> {
  checkOptions(options, { keys: "boolean", values: "boolean", structured: "boolean" });
  const { logger = console, level = "info", keys: showKeys = true, values: showValues = false, structured } = options;
  oneOf(level, "level", LEVELS);
  if (!LEVELS.every((name) => typeof logger[name] === "function")) {
    throw new TypeError(`logger must have the methods ${LEVELS.join(", ")}`);
  }

  async function write(at: typeof level, fields: object): Promise<void> {
    const texts = Object.entries(fields).map(([name, field]) => [name, JSON.stringify(field)] as const);
    const pairs = texts.filter(([, text]) => text !== undefined).map((pair) => pair.join("="));
    await logger[at](structured ? JSON.stringify(fields) : pairs.join(" "));
  }

  function shownValues(entries: readonly (Entry | undefined)[] | undefined): unknown[] | undefined {
    return showValues ? entries?.map((entry) => live(entry)?.value ?? null) : undefined;
  }

  return wrap(store, (driver) =>
    observe(driver, async ({ operation, collection, keys, entries }, run) => {
      const shownKeys = showKeys ? keys?.slice(0, SHOWN_KEYS) : undefined;
      const about = { store: driver.name, operation, collection, keys: shownKeys, count: keys?.length };
      const finish = async (): Promise<void> => {
        const { durationMs, hits, misses, result, error } = await run();
        const ended = { event: "finish", ...about, durationMs, outcome: error === undefined ? "ok" : "error" };
        if (error === undefined) {
          const found = operation === "read" ? (result as readonly (Entry | undefined)[]) : undefined;
          await write(level, { ...ended, hits, misses, values: shownValues(found) });
        } else if (error instanceof KeyValueError) {
          // A message may name a key.
          await write("error", { ...ended, error: error.code, message: showKeys ? error.message : undefined });
        } else {
          await write("error", { ...ended, error: error instanceof Error ? error.name : typeof error });
        }
      };
      try {
        await write(level, { event: "start", ...about, values: shownValues(entries) });
      } finally {
        await finish();
      }
    }),
  );
}
