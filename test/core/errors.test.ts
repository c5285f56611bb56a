import { describe, expect, it } from "#test";
import { KeyValueError } from "../../src/index.ts";

describe("a KeyValueError", () => {
  it("is written as JSON with its name, code, message and details, and without its cause", () => {
    const cause = new Error("the client's own words, which may hold a token");
    const error = new KeyValueError("too_large", "the value is too large", { key: "k", size: 11, limit: 10, cause });
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: "KeyValueError",
      code: "too_large",
      message: "the value is too large",
      key: "k",
      size: 11,
      limit: 10,
    });
    expect(error.cause).toBe(cause);
  });
});
