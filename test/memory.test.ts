import { memoryStore } from "../src/index.ts";
import { describe, expect, it } from "#test";

describe("memoryStore", () => {
  it("answers with a copy of what was put", async () => {
    const store = memoryStore();
    const user = { name: "Alice", tags: ["a"] };
    await store.put("user:123", user, { collection: "users", ttl: 3600 });
    user.tags.push("b");
    expect(await store.get("user:123", { collection: "users" })).toEqual({ name: "Alice", tags: ["a"] });
    expect(await store.get("user:123")).toBe(null);
  });
});
