import { tracing } from "cloudflare:workers";
import { describe, expect, it } from "#test";
import { memoryStore } from "../../src/index.ts";
import { traced } from "../../src/interop/opentelemetry.ts";

describe("a store traced by Workers' own tracing", () => {
  it("works as before, each call inside a span of its own", async () => {
    const names: string[] = [];
    const active: unknown[] = [];
    const tracer: typeof tracing = Object.create(tracing, {
      enterSpan: {
        value: (name: string, body: (span: unknown) => unknown) => {
          names.push(name);
          return tracing.enterSpan(name, (span) => {
            active.push(span);
            return body(span);
          });
        },
      },
    });
    const memory = memoryStore();
    const store = traced(memory, { tracer, keys: true });
    await store.putMany([
      ["a", 1],
      ["b", 2],
    ]);
    expect(await Promise.all([store.get("a"), store.increment("b"), store.get("none")])).toEqual([1, 3, null]);
    await expect(store.increment("a", Number.MAX_SAFE_INTEGER)).rejects.toMatchObject({ code: "out_of_range" });
    expect(names).toEqual([
      "write default_collection",
      "read default_collection",
      "increment default_collection",
      "read default_collection",
      "increment default_collection",
    ]);
    expect(active.every((span) => span instanceof tracing.Span)).toBe(true);
    expect(new Set(active).size).toBe(5);
  });
});
