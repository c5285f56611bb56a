import { type AsyncKeyValue, type Wrapped, wrap } from "../combinators/index.ts";
import { observe } from "../combinators/observe.ts";
import { checkOptions, oneOf } from "../core/checks.ts";
import { type Entry, live } from "../core/entry.ts";
import { KeyValueError } from "../core/errors.ts";

const LEVELS = ["debug", "info", "warn", "error"] as const;

/** Options of {@link log}. */
export interface LogOptions {
  /** Where lines go; most logging libraries fit. Default: `console`. */
  readonly logger?: { [Level in (typeof LEVELS)[number]]: (line: string) => unknown } | undefined;
  /** The level of all lines but those about failures, which are errors. Default: `"info"`. */
  readonly level?: (typeof LEVELS)[number] | undefined;
  /** Whether to write keys, of a bulk the first ten. Switch it off where a key is a secret, like a session id. Default: true. */
  readonly keys?: boolean | undefined;
  /** Whether to write values, too. Default: false. */
  readonly values?: boolean | undefined;
  /** Whether a line is JSON, instead of `name=value` pairs. Default: false. */
  readonly structured?: boolean | undefined;
}

/**
 * A store that writes a line when a call to its backend starts and one when it ends, with duration and outcome.
 * A line about a failure has code and message of a `KeyValueError`, which hold no secret; of any other error its name.
 * A logger that throws makes the call fail.
 */
export function log<S extends AsyncKeyValue>(store: S, options: LogOptions = {}): Wrapped<S> {
  const { logger = console, level = "info", keys: showKeys = true, values: showValues = false, structured } = options;
  checkOptions(options, { keys: "boolean", values: "boolean", structured: "boolean" });
  oneOf(level, "level", LEVELS);
  if (!LEVELS.every((name) => typeof logger[name] === "function")) throw new TypeError("logger must have all levels");

  function write(at: typeof level, fields: object): void {
    const texts = Object.entries(fields).map(([name, field]) => [name, JSON.stringify(field)] as const);
    const pairs = texts.filter(([, text]) => text !== undefined).map((pair) => pair.join("="));
    logger[at](structured ? JSON.stringify(fields) : pairs.join(" "));
  }

  return wrap(store, (driver) =>
    observe(driver, async ({ operation, collection, keys, entries }, run) => {
      const valuesOf = (of: unknown) =>
        showValues && of ? (of as (Entry | undefined)[]).map((entry) => live(entry)?.value ?? null) : undefined;
      const shown = showKeys ? keys?.slice(0, 10) : undefined;
      const about = { store: driver.name, operation, collection, keys: shown, count: keys?.length };
      write(level, { event: "start", ...about, values: valuesOf(entries) });
      const { durationMs, hits, misses, result, error } = await run();
      const finish = { event: "finish", ...about, durationMs, outcome: error === undefined ? "ok" : "error" };
      if (error === undefined) {
        write(level, { ...finish, hits, misses, values: valuesOf(operation === "read" && result) });
      } else if (error instanceof KeyValueError) {
        write("error", { ...finish, error: error.code, message: showKeys ? error.message : undefined });
      } else write("error", { ...finish, error: error instanceof Error ? error.name : typeof error });
    }),
  );
}
