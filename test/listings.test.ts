import { describe, expect, it } from "#test";
import { createStore, memoryStore, toDriver } from "../src/index.ts";

describe("the listings of a store", () => {
  it("give no more names than asked for, whatever the driver answers, and then ask no more", async () => {
    let calls = 0;
    const listKeys = () => {
      if (++calls > 10) throw new Error("the driver was asked again and again");
      return { names: ["a", "b", "b", "c"], cursor: `${calls}` };
    };
    const store = createStore({ ...toDriver(memoryStore()), listKeys });
    const names = [];
    for await (const name of store.keys({ limit: 2 })) names.push(name);
    expect([names, calls]).toEqual([["a", "b"], 1]);
  });

  it("refuse null, which is no prefix and no cursor", async () => {
    const store = memoryStore();
    await store.put("null", 1);
    const wrong = null as unknown as string;
    for (const call of [
      () => store.listKeys({ prefix: wrong }),
      () => store.listKeys({ cursor: wrong }),
      () => store.listCollections({ prefix: wrong }),
      () => store.keys({ prefix: wrong }).next(),
    ]) {
      const error = await call().catch((error: unknown) => error);
      expect(String(error)).toMatch(/^TypeError: (prefix|cursor) must be a string$/);
    }
  });
});
