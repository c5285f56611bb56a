import { readFileSync } from "node:fs";
import { context, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { afterAll, beforeAll, describe, expect, it } from "#test";
import { type AnyDriver, createStore, KeyValueError, memoryStore, toDriver } from "../../src/index.ts";
import { instrument } from "../../src/wrappers/instrument.ts";
import { prefixCollections } from "../../src/wrappers/prefix-collections.ts";
import { spans } from "./recipes/opentelemetry.ts";

describe("the OpenTelemetry recipe", () => {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const tracer = provider.getTracer("test");

  function finished() {
    const spans = exporter.getFinishedSpans();
    exporter.reset();
    return spans;
  }

  beforeAll(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  });

  afterAll(async () => {
    context.disable();
    await provider.shutdown();
  });

  it("makes one client span of each call, named by the conventions", async () => {
    const store = instrument(memoryStore(), spans(tracer));
    await store.put("user:1", { password: "hunter2" }, { collection: "users" });
    await store.getMany(["user:1", "user:2"], { collection: "users" });
    await store.cull();
    const [write, read, cull] = finished();
    expect(write?.name).toBe("write users");
    expect(write?.kind).toBe(SpanKind.CLIENT);
    expect(write?.attributes).toEqual({
      "db.system.name": "memory",
      "db.operation.name": "write",
      "db.collection.name": "users",
    });
    expect(write?.status.code).toBe(SpanStatusCode.UNSET);
    expect(read?.name).toBe("read users");
    expect(read?.attributes["db.response.returned_rows"]).toBe(1);
    expect(cull?.name).toBe("cull");
    expect("db.collection.name" in (cull?.attributes ?? {})).toBe(false);
  });

  it("puts its spans under the active one, and what the backend does under its own", async () => {
    const driver = toDriver(memoryStore()) as AnyDriver;
    const traced = {
      ...driver,
      async read(...args: Parameters<AnyDriver["read"]>) {
        await new Promise((done) => setTimeout(done, 1));
        tracer.startSpan("fetch").end();
        return driver.read(...args);
      },
    };
    const store = prefixCollections(instrument(createStore(traced), spans(tracer)), "acme");
    await tracer.startActiveSpan("request", async (request) => {
      await Promise.all([store.get("a"), store.get("b", { collection: "users" })]);
      request.end();
    });
    const all = finished();
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

  it("marks failures by their code, without what they may reveal", async () => {
    for (const [error, type] of [
      [new KeyValueError("rate_limited", "slow down"), "rate_limited"],
      [new RangeError("token hunter2"), "RangeError"],
      ["hunter2", "_OTHER"],
    ] as const) {
      const driver = { ...(toDriver(memoryStore()) as AnyDriver), read: () => Promise.reject(error) };
      const store = instrument(createStore(driver), spans(tracer, { "server.address": "example.com" }));
      expect(await store.get("a").catch((error: unknown) => error)).toBe(error);
      const [span] = finished();
      expect(span?.status.code).toBe(SpanStatusCode.ERROR);
      expect(span?.attributes).toMatchObject({ "error.type": type, "server.address": "example.com" });
      expect(JSON.stringify([span?.name, span?.attributes, span?.status, span?.events])).not.toContain("hunter2");
    }
  });

  it("stands in the documentation as it is tested here", () => {
    const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
    const recipe = read("./recipes/opentelemetry.ts")
      .replace('"../../../src/index.ts"', '"edge-key-value"')
      .replace(/"\.\.\/\.\.\/\.\.\/src\/(.+)\.ts"/, '"edge-key-value/$1"');
    expect(read("../../docs/wrappers.md")).toContain(recipe);
  });
});
