import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "#test";
import { root } from "../../scripts/entries.mjs";

const read = (file: string): string => readFileSync(join(root, file), "utf8");

describe("docs/errors.md", () => {
  it("has a row for every error code, and for no other", () => {
    const [, union = ""] = /export type ErrorCode =([^;]+);/.exec(read("src/core/errors.ts")) ?? [];
    const codes = [...union.matchAll(/"(\w+)"/g)].map(([, code]) => code!);
    const rows =
      read("docs/errors.md")
        .split("\n## Codes\n")[1]!
        .match(/^\| `.*? \|/gm) ?? [];
    const documented = rows.flatMap((row) => [...row.matchAll(/`(\w+)`/g)].map(([, code]) => code!));
    expect(codes.length).toBeGreaterThan(20);
    expect(documented.sort()).toEqual(codes.sort());
  });
});
