// What the packed package is held to on every runtime. Web APIs only: plain workerd runs it too.

/** The tests: `[name, body]`. `load` imports a subpath of the package; `subpaths` are those that this runtime can load. */
export function tests(subpaths, load) {
  const has = (subpath) => subpaths.includes(subpath);
  const list = subpaths.map((subpath) => [
    `${subpath} can be imported and exports a function`,
    async () => {
      const module = await load(subpath);
      check(
        Object.values(module).some((value) => typeof value === "function"),
        `${subpath}: ${Object.keys(module)}`,
      );
    },
  ]);
  const test = (needs, name, body) => needs.every(has) && list.push([name, body]);

  test(["."], "the quick start's scenario works on a memory store", async () => {
    const { memoryStore } = await load(".");
    const store = memoryStore();
    await store.put("user:123", { name: "Alice" }, { collection: "users", ttl: 3600 });
    same(await store.get("user:123", { collection: "users" }), { name: "Alice" });
    const { ttl } = await store.ttl("user:123", { collection: "users" });
    check(ttl > 3590 && ttl <= 3600, `a ttl of ${ttl}`);
    same(await store.get("user:123"), null);
    same(await store.delete("user:123", { collection: "users" }), true);
    same(await store.get("user:123", { collection: "users" }), null);
  });

  test(["."], "bulk, listing and atomic methods work", async () => {
    const { memoryStore, supports } = await load(".");
    const store = memoryStore();
    await store.putMany([["b", 2], ["a", [1, { c: null }]]]); // biome-ignore format: two pairs
    same(await store.getMany(["a", "missing", "b", "a"]), [[1, { c: null }], null, 2, [1, { c: null }]]);
    const keys = [];
    for await (const key of store.keys()) keys.push(key);
    same(keys, ["a", "b"]);
    same(
      await Promise.all([store.take("b"), store.take("b")]).then((taken) => taken.filter((value) => value === 2)),
      [2],
    );
    same(supports(store, "swap"), true);
  });

  test(["."], "errors are instances of the one exported class, and name their code", async () => {
    const { memoryStore, KeyValueError } = await load(".");
    for (const [value, ttl, code] of [
      [() => 1, 1, "not_serializable"],
      [1, -1, "invalid_ttl"],
    ]) {
      const error = await memoryStore()
        .put("key", value, { ttl })
        .catch((reason) => reason);
      check(error instanceof KeyValueError && error.code === code, `${error} instead of ${code}`);
    }
  });

  test([".", "./combinators"], "a store that the core made can be wrapped with the combinators", async () => {
    const [{ memoryStore }, { remap, wrap }] = await Promise.all([load("."), load("./combinators")]);
    const inner = memoryStore();
    const key = { to: (name) => `x${name}`, from: (name) => (name.startsWith("x") ? name.slice(1) : undefined) };
    const store = wrap(inner, (driver) => remap(driver, { key }));
    await store.put("a", 1);
    same([await store.get("a"), await inner.get("xa")], [1, 1]);
  });

  test([".", "./wrappers/compress", "./wrappers/encrypt", "./wrappers/prefix-keys"], "wrappers stack", async () => {
    const [{ memoryStore }, { compress }, { encrypt }, { prefixKeys }] = await Promise.all(
      [".", "./wrappers/compress", "./wrappers/encrypt", "./wrappers/prefix-keys"].map(load),
    );
    const inner = memoryStore();
    const keys = [{ id: "1", key: new Uint8Array(32).fill(7) }];
    const store = prefixKeys(compress(encrypt(inner, { keys })), "tenant");
    const value = { text: "edge ".repeat(1000) };
    await store.put("a", value);
    same(await store.get("a"), value);
    const stored = [];
    for await (const name of inner.keys()) stored.push(name, JSON.stringify(await inner.get(name)));
    check(stored.length === 2 && stored[0].includes("tenant") && !stored[1].includes("edge"), `stored ${stored}`);
  });

  return list;
}

/** Runs the tests; the outcomes are those of a JUnit report. */
export async function outcomes(subpaths, load) {
  const results = [];
  for (const [name, body] of tests(subpaths, load)) {
    try {
      await body();
      results.push({ name, outcome: "passed", message: "" });
    } catch (error) {
      results.push({ name, outcome: "failed", message: String(error?.stack ?? error) });
    }
  }
  return results;
}

function check(condition, message) {
  if (!condition) throw new Error(message);
}

function same(actual, expected) {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  check(left === right, `${left} instead of ${right}`);
}
