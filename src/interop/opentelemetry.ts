import { type AsyncKeyValue, type Call, type Wrapped, wrap } from "../combinators/index.ts";
import { type Outcome, observe } from "../combinators/observe.ts";
import { checkOptions, refuse } from "../core/checks.ts";
import { KeyValueError } from "../core/errors.ts";
import { ERROR, type TraceAttributes, type TraceTracer, toTracer, type WorkersTracing } from "./internal/tracing.ts";

export type { TraceAttributes, TraceSpan, TraceTracer, WorkersSpan, WorkersTracing } from "./internal/tracing.ts";

/** The part of OpenTelemetry's `Meter` that {@link traced} needs. */
export interface TraceMeter {
  createHistogram(
    name: string,
    options: { description: string; unit: string; advice: { explicitBucketBoundaries: number[] } },
  ): { record(value: number, attributes: TraceAttributes): void };
  createCounter(
    name: string,
    options: { description: string; unit: string },
  ): { add(value: number, attributes: TraceAttributes): void };
}

/** Options of {@link traced}. */
export interface TracedOptions {
  /**
   * Makes one span for each call to the backend: a tracer of OpenTelemetry, or `tracing` of `cloudflare:workers`.
   * Default: no spans.
   */
  readonly tracer?: TraceTracer | WorkersTracing | undefined;
  /** Measures each call to the backend. Default: no metrics. */
  readonly meter?: TraceMeter | undefined;
  /** `db.system.name`. Default: by the store, such as `"redis"` for Upstash. */
  readonly system?: string | undefined;
  /**
   * Puts the names of keys into spans, as `edge_key_value.keys`. Keys may be secrets, such as ids of sessions. Default:
   * `false`.
   */
  readonly keys?: boolean | undefined;
  /** Attributes for all spans and metrics, such as `server.address`. Default: none. */
  readonly attributes?: TraceAttributes | undefined;
}

/** `SpanKind.CLIENT` of OpenTelemetry's API. */
const CLIENT = 2;

/** The database systems that the conventions name otherwise than a driver does. */
const SYSTEMS: Readonly<Record<string, string>> = {
  upstash: "redis",
  d1: "sqlite",
  libsql: "sqlite",
  "durable-object-storage": "sqlite",
  postgres: "postgresql",
  dynamodb: "aws.dynamodb",
};

/** The boundaries that the conventions advise, in seconds. */
const BOUNDARIES = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

/**
 * Makes a store whose calls to its backend become OpenTelemetry spans and metrics, by the semantic conventions for database
 * clients.
 *
 * A span is named by the operation and the collection, such as `read users`, and has `db.system.name`,
 * `db.operation.name`, `db.collection.name`, `db.operation.batch.size` of a bulk, `db.response.returned_rows` of a read and
 * `error.type` of a failure. The histogram `db.client.operation.duration` measures in seconds. The counter
 * `edge_key_value.keys` counts the keys that were found and those that were missing, which shows the hits of a cache. No
 * value is recorded, and no key unless `keys` is set.
 *
 * Any store will do. The tracer and the meter are OpenTelemetry's own, of API version 1; Workers' own tracing will do as
 * the tracer. Its spans have no kind, and the names of keys are in them as JSON.
 *
 * @throws TypeError when an option is of the wrong type.
 * @example
 * ```ts
 * import { metrics, trace } from "@opentelemetry/api";
 * import { memoryStore } from "edge-key-value";
 * import { traced } from "edge-key-value/interop/opentelemetry";
 *
 * const store = traced(memoryStore(), { tracer: trace.getTracer("my-app"), meter: metrics.getMeter("my-app") });
 * ```
 */
export function traced<S extends AsyncKeyValue>(store: S, options: TracedOptions): Wrapped<S> {
  const { tracer: given, meter, system, keys: withKeys, attributes: own } = checkOptions(options, { keys: "boolean" });
  // Workers' tracing has a `startActiveSpan`, too, with other arguments.
  const tracer = given && "enterSpan" in given ? toTracer(given) : given;
  if (tracer && typeof tracer.startActiveSpan !== "function") refuse("tracer", "an OpenTelemetry Tracer", tracer);
  if (meter && typeof meter.createHistogram !== "function") refuse("meter", "an OpenTelemetry Meter", meter);
  const durations = meter?.createHistogram("db.client.operation.duration", {
    description: "Duration of database client operations.",
    unit: "s",
    advice: { explicitBucketBoundaries: BOUNDARIES },
  });
  const counted = meter?.createCounter("edge_key_value.keys", {
    description: "Keys that were looked up or removed, by whether they had an entry.",
    unit: "{key}",
  });

  return wrap(store, (driver) => {
    const systemName = system ?? SYSTEMS[driver.name] ?? driver.name;

    return observe(driver, (call, run) => {
      const known: TraceAttributes = {
        ...own,
        "db.system.name": systemName,
        "db.operation.name": call.operation,
        ...(call.collection !== undefined && { "db.collection.name": call.collection }),
      };
      const measured = async (): Promise<Outcome> => {
        const outcome = await run();
        const failed = outcome.error === undefined ? {} : { "error.type": errorType(outcome.error) };
        durations?.record(outcome.durationMs / 1000, { ...known, ...failed });
        const { hits, misses } = outcome;
        if (hits) counted?.add(hits, { ...known, "edge_key_value.outcome": "hit" });
        if (misses) counted?.add(misses, { ...known, "edge_key_value.outcome": "miss" });
        return outcome;
      };
      if (!tracer) return measured();

      const batch = call.keys && call.keys.length > 1 ? { "db.operation.batch.size": call.keys.length } : {};
      const names = withKeys && call.keys ? { "edge_key_value.keys": [...call.keys] } : {};
      const attributes = { ...known, ...batch, ...names };
      return tracer.startActiveSpan(nameOf(call), { kind: CLIENT, attributes }, async (span) => {
        try {
          const { error, hits } = await measured();
          if (call.operation === "read" && hits !== undefined) {
            span.setAttributes({ "db.response.returned_rows": hits });
          }
          if (error !== undefined) {
            span.setAttributes({ "error.type": errorType(error) });
            // A message may name keys, so record only the code.
            span.setStatus({ code: ERROR, message: errorType(error) });
          }
        } finally {
          span.end();
        }
      });
    });
  });
}

function nameOf({ operation, collection }: Call): string {
  return collection === undefined ? operation : `${operation} ${collection}`;
}

function errorType(error: unknown): string {
  if (error instanceof KeyValueError) return error.code;
  return error instanceof Error ? error.name : "_OTHER";
}
