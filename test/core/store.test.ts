import { describe, expect, it } from "#test";
import { type BaseDriver, createStore, memoryStore, toDriver } from "../../src/index.ts";

describe("createStore", () => {
  it("refuses a driver with methods on a prototype, and says what would become of them", () => {
    class Mine implements BaseDriver {
      readonly name = "mine";
      readonly consistency = "strong";
      read = (_: string, keys: readonly string[]) => keys.map(() => undefined);
      write() {}
      remove() {
        return 0;
      }
    }
    expect(() => createStore(new Mine())).toThrow("prototype");
    expect(() => createStore(new Mine())).toThrow(TypeError);
    expect(() => createStore(Object.create(toDriver(memoryStore())))).toThrow("prototype");
  });

  it("takes a driver without a prototype", async () => {
    const store = createStore(Object.assign(Object.create(null), toDriver(memoryStore())) as BaseDriver);
    await store.put("key", 1);
    expect(await store.get("key")).toBe(1);
  });
});
