import { describe, expect, it } from "#test";
import { createStore, memoryStore, toDriver } from "../../src/index.ts";

it("options that are no object are refused by the method's generators as well", async () => {
  const store = memoryStore();
  for (const names of [store.keys(null as never), store.collections(null as never), store.keys(5 as never)]) {
    const error = await names[Symbol.asyncIterator]()
      .next()
      .catch((error: unknown) => error);
    expect([error instanceof TypeError, String(error)]).toEqual([
      true,
      expect.stringContaining("options must be an object"),
    ]);
  }
});

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

  it("give a name once that the driver repeats and says so, in a page and over pages", async () => {
    const pages = { first: { names: ["a", "b", "b"], cursor: "second" }, second: { names: ["b", "c", "a"] } };
    const list = ({ cursor = "first" }: { cursor?: string | undefined }) => pages[cursor as keyof typeof pages];
    const driver = { ...toDriver(memoryStore()), listCollections: list };
    const store = createStore({
      ...driver,
      repeatsNames: true,
      listKeys: (_: string, page: { cursor?: string | undefined }) => list(page),
    });
    for (const listing of [store.keys(), store.collections(), store.keys({ limit: 9 })]) {
      const names = [];
      for await (const name of listing) names.push(name);
      expect(names).toEqual(["a", "b", "c"]);
    }
  });

  it("take a page that a caller spreads into the options for the next one", async () => {
    const store = memoryStore();
    for (const key of ["a", "b", "c"]) await store.put(key, 1, { collection: key });
    const keys = await store.listKeys({ collection: "a", limit: 1 });
    expect((await store.listKeys({ collection: "a", ...keys })).names).toEqual(["a"]);
    const collections = await store.listCollections({ limit: 2 });
    expect((await store.listCollections({ limit: 2, ...collections })).names).toEqual(["c"]);
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
      expect(String(error)).toMatch(/^TypeError: (prefix|cursor) must be a string; got /);
    }
  });
});
