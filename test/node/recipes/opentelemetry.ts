import { type Attributes, SpanKind, SpanStatusCode, type Tracer } from "@opentelemetry/api";
import { KeyValueError } from "../../../src/index.ts";
import type { InstrumentOptions } from "../../../src/wrappers/instrument.ts";

/** One client span for each call, by the semantic conventions for databases; `attributes` are added to all. */
export function spans(tracer: Tracer, attributes?: Attributes): InstrumentOptions {
  return {
    onOperation({ store, operation, collection }, run) {
      const name = collection === undefined ? operation : `${operation} ${collection}`;
      const known = { "db.system.name": store, "db.operation.name": operation, "db.collection.name": collection };
      return tracer.startActiveSpan(
        name,
        { kind: SpanKind.CLIENT, attributes: { ...known, ...attributes } },
        async (span) => {
          const { error, hits } = await run();
          if (operation === "read" && hits !== undefined) span.setAttribute("db.response.returned_rows", hits);
          if (error !== undefined) {
            const type = error instanceof KeyValueError ? error.code : error instanceof Error ? error.name : "_OTHER";
            span.setAttribute("error.type", type);
            span.setStatus({ code: SpanStatusCode.ERROR, message: type });
          }
          span.end();
        },
      );
    },
  };
}
