/** The bridge fits OpenTelemetry's own types. Checked by the compiler, never run. */
import { metrics, trace } from "@opentelemetry/api";
import { type AsyncKeyValue, memoryStore } from "../../src/index.ts";
import { traced } from "../../src/interop/opentelemetry.ts";

declare const anyStore: AsyncKeyValue;
const options = { tracer: trace.getTracer("app"), meter: metrics.getMeter("app") };

traced(memoryStore(), options).increment("visits");
// @ts-expect-error: tracing adds no capability
traced(anyStore, options).increment("visits");
// @ts-expect-error: no tracer
traced(anyStore, { tracer: metrics });
// @ts-expect-error: neither a tracer nor Workers' tracing
traced(anyStore, { tracer: { enterSpan: 1 } });
