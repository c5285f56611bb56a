import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { afterAll, beforeAll, describe, expect, it } from "#test";
import { type AnyDriver, createStore, memoryStore, toDriver } from "../../src/index.ts";
import { traced } from "../../src/interop/opentelemetry.ts";
import { prefixCollections } from "../../src/wrappers/prefix-collections.ts";

describe("traced, with the contexts of Node", () => {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const tracer = provider.getTracer("test");

  beforeAll(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  });

  afterAll(async () => {
    context.disable();
    await provider.shutdown();
  });

  it("puts its spans under the active one, and what the backend does under its own", async () => {
    const driver = toDriver(memoryStore()) as AnyDriver;
    const slow = {
      ...driver,
      async read(...args: Parameters<AnyDriver["read"]>) {
        await new Promise((done) => setTimeout(done, 1));
        tracer.startSpan("fetch").end();
        return driver.read(...args);
      },
    };
    const store = prefixCollections(traced(createStore(slow), { tracer }), "acme");
    await tracer.startActiveSpan("request", async (request) => {
      await Promise.all([store.get("a"), store.get("b", { collection: "users" })]);
      request.end();
    });
    const all = exporter.getFinishedSpans();
    const request = all.find(({ name }) => name === "request");
    const reads = all.filter(({ name }) => name.startsWith("read"));
    expect(reads.map(({ name }) => name).sort()).toEqual(["read acme::default_collection", "read acme::users"]);
    for (const read of reads) {
      expect(read.parentSpanContext?.spanId).toBe(request?.spanContext().spanId);
      const below = all.filter(({ parentSpanContext }) => parentSpanContext?.spanId === read.spanContext().spanId);
      expect(below.map(({ name }) => name)).toEqual(["fetch"]);
    }
    expect(trace.getActiveSpan()).toBe(undefined);
  });
});
