import { describe, expect, it } from "#test";
import { operationMemory } from "../../../src/adapters/objects/operation-memory.ts";

describe("the operations that an object remembers", () => {
  it("are the last 10,000 at least and 20,000 at most, and it knows since when they are complete", () => {
    const memory = operationMemory(5);
    expect(memory.completeSince()).toBe(5);
    for (let i = 1; i <= 45_000; i++) memory.add(`id ${i}`, { at: 100 + i });
    expect(memory.find("id 45000")?.at).toBe(45_100);
    expect(memory.find("id 35001")?.at).toBe(35_101);
    expect(memory.find("id 25000")).toBe(undefined);
    const since = memory.completeSince();
    expect(since >= 20_000 && since <= 35_100).toBe(true);
    for (let i = since - 100 + 1; i <= 45_000; i++) if (!memory.find(`id ${i}`)) throw new Error(`forgot ${i}`);
  });

  it("are fewer where their results are large", () => {
    const memory = operationMemory(5);
    const result = "x".repeat(1024 * 1024);
    for (let i = 1; i <= 10; i++) memory.add(`id ${i}`, { at: i + 10, receipt: { version: `${i}`, result } });
    const kept = Array.from({ length: 10 }, (_, i) => memory.find(`id ${i + 1}`)).filter(Boolean);
    expect(kept.length).toBe(4);
    expect(memory.completeSince()).toBe(16);
  });
});
