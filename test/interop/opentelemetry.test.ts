import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { describe, expect, it } from "#test";
import { type AnyDriver, createStore, KeyValueError, memoryStore, toDriver } from "../../src/index.ts";
import { type TracedOptions, traced, type WorkersSpan } from "../../src/interop/opentelemetry.ts";

/** A store over the real SDK, and what the SDK exports. */
function tracedStore(options: TracedOptions = {}, change: Partial<AnyDriver> = {}) {
  const spans = new InMemorySpanExporter();
  const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }).getTracer("test");
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  const driver = { ...toDriver(memoryStore()), ...change };
  const store = traced(createStore(driver), { tracer, meter: provider.getMeter("test"), ...options });
  return {
    store,
    spans: () => spans.getFinishedSpans(),
    async metrics() {
      await provider.forceFlush();
      const [exported] = exporter.getMetrics().slice(-1);
      await provider.shutdown();
      return exported?.scopeMetrics.flatMap(({ metrics }) => metrics) ?? [];
    },
  };
}

describe("a store traced by OpenTelemetry", () => {
  it("makes one client span of each call, named and described by the conventions", async () => {
    const { store, spans } = tracedStore({ attributes: { "server.address": "db.example" } });
    const users = { collection: "users" };
    await store.put("user:1", { password: "hunter2" }, users);
    await store.getMany(["user:1", "user:2", "user:3"], users);
    await store.increment("visits", 1, users);
    await store.listCollections();
    const known = { "server.address": "db.example", "db.system.name": "memory" };
    const described = spans().map(({ name, kind, attributes, status }) => ({
      name,
      kind,
      attributes,
      code: status.code,
    }));
    const span = (operation: string, more = {}) => ({
      name: `${operation} users`,
      kind: 2,
      attributes: { ...known, "db.operation.name": operation, "db.collection.name": "users", ...more },
      code: 0,
    });
    expect(described).toEqual([
      span("write"),
      span("read", { "db.operation.batch.size": 3, "db.response.returned_rows": 1 }),
      span("increment"),
      { name: "listCollections", kind: 2, attributes: { ...known, "db.operation.name": "listCollections" }, code: 0 },
    ]);
    expect(JSON.stringify(described)).not.toContain("user:");
  });

  it("returns the result of the backend when the tracer or the meter fails, and ends the span", async () => {
    const fail = () => {
      throw new Error("no exporter");
    };
    let ended = 0;
    const span = { setAttributes() {}, setStatus() {}, end: () => void ended++ };
    const meter = { createHistogram: () => ({ record: fail }), createCounter: () => ({ add: fail }) };
    for (const [options, spans] of [
      [{ meter, tracer: undefined }, 0],
      [{ meter, tracer: { startActiveSpan: (_1, _2, body) => body(span) } }, 2],
      [{ tracer: { startActiveSpan: (_1, _2, body) => body({ ...span, setAttributes: fail }) } }, 2],
      [{ tracer: { startActiveSpan: (_1, _2, body) => body({ ...span, end: fail }) } }, 0],
      [{ tracer: { startActiveSpan: fail } }, 0],
      [{ tracer: { enterSpan: fail } }, 0],
    ] satisfies [TracedOptions, number][]) {
      ended = 0;
      const { store } = tracedStore(options);
      expect(await store.increment("n")).toBe(1);
      expect(await store.get("n")).toBe(1);
      expect(ended).toBe(spans);
    }
  });

  it("names keys only if it is told to, and never values", async () => {
    const { store, spans } = tracedStore({ keys: true });
    await store.put("user:1", "hunter2");
    expect(spans()[0]?.attributes["edge_key_value.keys"]).toEqual(["user:1"]);
    expect(JSON.stringify(spans()[0]?.attributes)).not.toContain("hunter2");
  });

  it("marks a failure by its code, without what its message may reveal, and passes it on", async () => {
    for (const [error, type] of [
      [new KeyValueError("rate_limited", "slow down"), "rate_limited"],
      [new RangeError("token hunter2"), "RangeError"],
      ["hunter2", "_OTHER"],
    ] as const) {
      const read = () => {
        throw error;
      };
      const { store, spans, metrics } = tracedStore({}, { read });
      expect(await store.get("k").catch((error: unknown) => error)).toBe(error);
      const [span] = spans();
      expect([span?.status.code, span?.attributes["error.type"]]).toEqual([2, type]);
      expect(JSON.stringify([span?.attributes, span?.status, span?.events])).not.toContain("hunter2");
      const [duration] = await metrics();
      expect(duration?.dataPoints[0]?.attributes["error.type"]).toBe(type);
    }
  });

  it("measures durations in seconds, and counts hits and misses", async () => {
    const { store, metrics } = tracedStore();
    await store.put("a", 1);
    await store.getMany(["a", "b", "c"]);
    await store.delete("a");
    const found = await metrics();
    const duration = found.find(({ descriptor }) => descriptor.name === "db.client.operation.duration");
    expect([duration?.descriptor.unit, duration?.dataPoints.length]).toEqual(["s", 3]);
    const counts = found
      .find(({ descriptor }) => descriptor.name === "edge_key_value.keys")
      ?.dataPoints.map(({ attributes, value }) => [
        attributes["db.operation.name"],
        attributes["edge_key_value.outcome"],
        value,
      ]);
    expect(counts).toEqual([
      ["read", "hit", 1],
      ["read", "miss", 2],
      ["remove", "hit", 1],
    ]);
  });

  it("calls a backend by the name that the conventions have for it", async () => {
    for (const [name, system, expected] of [
      ["upstash", undefined, "redis"],
      ["libsql", undefined, "sqlite"],
      ["workers-kv", undefined, "workers-kv"],
      ["memory", "redis", "redis"],
    ] as const) {
      const { store, spans } = tracedStore({ system }, { name });
      await store.get("k");
      expect(spans()[0]?.attributes["db.system.name"]).toBe(expected);
    }
  });

  it("works with a tracer or a meter alone, and refuses what is neither", async () => {
    for (const options of [{ meter: undefined }, { tracer: undefined }]) {
      const { store } = tracedStore(options);
      await store.put("k", 1);
      expect(await store.get("k")).toBe(1);
    }
    expect(() => traced(memoryStore(), { tracer: {} as never })).toThrow("tracer must be");
    expect(() => traced(memoryStore(), { meter: {} as never })).toThrow("meter must be");
  });

  it("makes the same spans of Workers' own tracing, with names of keys as JSON", async () => {
    const spans: { name: string; attributes: Record<string, unknown>; status?: unknown }[] = [];
    const enterSpan = <T>(name: string, body: (span: WorkersSpan) => T): T => {
      const span: (typeof spans)[number] = { name, attributes: {} };
      spans.push(span);
      return body({
        setAttribute: (key, value) => {
          span.attributes[key] = value;
        },
        setStatus: (status) => {
          span.status = status;
        },
      });
    };
    const { store } = tracedStore({ tracer: { enterSpan }, keys: true });
    await store.getMany(["a", "b"], { collection: "users" });
    const attributes = {
      "db.system.name": "memory",
      "db.operation.name": "read",
      "db.collection.name": "users",
      "db.operation.batch.size": 2,
      "db.response.returned_rows": 0,
      "edge_key_value.keys": '["a","b"]',
    };
    expect(spans).toEqual([{ name: "read users", attributes }]);

    const failing = tracedStore({ tracer: { enterSpan } }, { read: () => Promise.reject(new RangeError("hunter2")) });
    await expect(failing.store.get("a")).rejects.toThrow("hunter2");
    expect(spans[1]).toMatchObject({
      attributes: { "error.type": "RangeError" },
      status: { code: "error", message: "RangeError" },
    });

    // Older versions of the runtime have no status.
    const older = tracedStore(
      { tracer: { enterSpan: (_, body) => body({ setAttribute() {} }) } },
      { read: () => Promise.reject(new RangeError("hunter2")) },
    );
    await expect(older.store.get("a")).rejects.toThrow("hunter2");
  });
});
