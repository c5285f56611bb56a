import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "#test";

const fixture = fileURLToPath(new URL("../support/conformance-on-node-test.ts", import.meta.url));

describe("the conformance suite", () => {
  it("runs on node:test, whose functions take other arguments", async () => {
    // Without what a runner around this one has set.
    const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...env } = process.env;
    const { stdout } = await promisify(execFile)(process.execPath, ["--test", "--test-reporter=tap", fixture], { env });
    expect(Number(/^# pass (\d+)$/m.exec(stdout)?.[1]) > 100).toBe(true);
    expect(stdout).toContain("# fail 0");
    expect(stdout).toContain("# skipped 0");
    expect(stdout).toContain("exactly one of 50 takers gets the value");
  }, 60_000);
});
