import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "#test";

const run = promisify(execFile);

interface Report {
  readonly operations: number;
  readonly failures: readonly string[];
}

/** Soaks a store until it has done some thousand operations, and returns what the soak found. */
async function soak(store: string, operations = 5000): Promise<Report> {
  const args = ["--expose-gc", "scripts/soak/one.mjs", store, "50", `${operations}`];
  // A soak that finds something ends with code 1, but has printed its report.
  const { stdout } = await run("node_modules/.bin/node", args).catch((error: { stdout: string }) => error);
  return JSON.parse(stdout) as Report;
}

const faulty = (name: string) => `test/support/soaked-stores.mjs#${name}`;

describe("a soak", () => {
  it("finds nothing in the memory store", async () => {
    const { operations, failures } = await soak("memory");
    expect([operations >= 5000, failures]).toEqual([true, []]);
  });

  it("finds memory that grows, and nothing else", async () => {
    const { failures } = await soak(faulty("leaking"), 20_000);
    expect(failures.map((failure) => failure.replace(/ from.*/, ""))).toContain("heap grows");
    expect(failures.filter((failure) => !failure.includes("grows"))).toEqual([]);
  });

  it("finds a write that was lost", async () => {
    const { failures } = await soak(faulty("forgetful"));
    expect(failures.length).toBe(1);
    expect(failures[0]).toMatch(/wrong results, seed \d+: .*an entry is missing/);
  });

  it("finds a timer that is left, and a rejection that nobody handles", async () => {
    const { failures } = await soak(faulty("careless"));
    expect(failures).toEqual([
      expect.stringContaining("1 unhandled rejections: Error: nobody handles this"),
      "left behind: Timeout",
    ]);
  });
});
