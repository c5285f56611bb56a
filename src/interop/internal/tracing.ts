/** The values of attributes that are set here. */
export type TraceAttributes = Record<string, string | number | string[]>;

/** The part of OpenTelemetry's `Span` that `traced` needs. */
export interface TraceSpan {
  setAttributes(attributes: TraceAttributes): unknown;
  setStatus(status: { code: number; message?: string }): unknown;
  end(): void;
}

/** The part of OpenTelemetry's `Tracer` that `traced` needs. */
export interface TraceTracer {
  startActiveSpan<T>(
    name: string,
    options: { kind: number; attributes: TraceAttributes },
    body: (span: TraceSpan) => T,
  ): T;
}

/** The part of a span of Workers' own tracing that `traced` needs. Older versions of the runtime have no `setStatus`. */
export interface WorkersSpan {
  setAttribute(key: string, value: string | number): unknown;
  setStatus?(status: { code: "error"; message: string }): unknown;
}

/** The part of Workers' own tracing, `tracing` of `cloudflare:workers`, that `traced` needs. */
export interface WorkersTracing {
  enterSpan<T>(name: string, body: (span: WorkersSpan) => T): T;
}

/** `SpanStatusCode.ERROR` of OpenTelemetry's API. */
export const ERROR = 2;

/** Returns Workers' own tracing as a tracer. Its spans have no kind, no lists, and end by themselves. */
export function toTracer(tracing: WorkersTracing): TraceTracer {
  function toSpan(span: WorkersSpan): TraceSpan {
    return {
      setAttributes(attributes) {
        for (const [key, value] of Object.entries(attributes)) {
          span.setAttribute(key, Array.isArray(value) ? JSON.stringify(value) : value);
        }
      },
      setStatus({ code, message = "" }) {
        if (code === ERROR) span.setStatus?.({ code: "error", message });
      },
      end() {},
    };
  }
  return {
    startActiveSpan: (name, { attributes }, body) =>
      tracing.enterSpan(name, (inner) => {
        const span = toSpan(inner);
        span.setAttributes(attributes);
        return body(span);
      }),
  };
}
