// What a client of the load does: each operation of a store, and whether its result is right.

/** How far ahead it must be known whether an entry is there, so that the result of an operation has one right answer. */
const AHEAD = 2000;

/** Returns the operations that a store can do, each as often as it is to be drawn. */
export function createOperations({ store, models, random, shared, note, client }) {
  const upTo = (count) => Math.floor(random() * count);
  const one = (items) => items[upTo(items.length)];
  const can = (name) => typeof store[name] === "function";
  const anyTtl = () => one([undefined, undefined, 0.4, 1.5, 60]);
  const anyKey = () => `k${upTo(12)}`;
  const someKeys = () => [...new Set(Array.from({ length: 1 + upTo(30) }, () => `k${upTo(40)}`))];
  let written = 0;

  /** A value that no other write has. */
  function anyValue() {
    const id = ++written;
    return one([
      id,
      `text ${id}`,
      { id, list: [1, "é", { deep: null }] },
      "x".repeat(upTo(3000)) + id,
      id % 2 === 0,
      [id],
    ]);
  }

  /** Makes a call on a collection of the client, and says what is wrong with its result. */
  async function on(work) {
    const [collection, model] = one([...models]);
    const told = (problem, key) => problem && note(`${work.name} of ${JSON.stringify(key)}: ${problem}`);
    return work(model, { collection }, told);
  }

  async function timed(call) {
    const start = Date.now();
    const result = await call();
    return [result, start, Date.now()];
  }

  /** Removes an entry of which nobody can tell whether it is there by the time it is used. */
  async function settle(model, key, at) {
    const now = Date.now();
    if (model.isThere(key, now, now + AHEAD) !== undefined) return;
    await store.delete(key, at);
    model.removed(key);
  }

  /** Makes a call whose result depends on what is there, and says whether an entry was there. */
  async function decided(model, key, at, call) {
    await settle(model, key, at);
    const [result, start, end] = await timed(call);
    return { result, start, end, there: model.isThere(key, start, end) };
  }

  const right = (isRight) => (isRight ? undefined : "the result is wrong");

  const plain = {
    get: () =>
      on(async function get(model, at, told) {
        const key = anyKey();
        const [value, start, end] = await timed(() => store.get(key, at));
        told(model.problemOf(key, value, start, end), key);
      }),
    getMany: () =>
      on(async function getMany(model, at, told) {
        const keys = someKeys();
        const [values, start, end] = await timed(() => store.getMany(keys, at));
        for (const [i, key] of keys.entries()) told(model.problemOf(key, values[i], start, end), key);
      }),
    ttl: () =>
      on(async function ttl(model, at, told) {
        const key = anyKey();
        const [found, start, end] = await timed(() => store.ttl(key, at));
        told(model.problemOf(key, found?.value ?? null, start, end), key);
        if (found) told(model.problemOfTtl(key, found.ttl, start, end), key);
      }),
    ttlMany: () =>
      on(async function ttlMany(model, at, told) {
        const keys = someKeys();
        const [found, start, end] = await timed(() => store.ttlMany(keys, at));
        for (const [i, key] of keys.entries()) told(model.problemOf(key, found[i]?.value ?? null, start, end), key);
      }),
    put: () =>
      on(async function put(model, at) {
        const [key, value, ttl] = [anyKey(), anyValue(), anyTtl()];
        const [, start, end] = await timed(() => store.put(key, value, { ...at, ttl }));
        model.wrote(key, value, ttl, start, end);
      }),
    putMany: () =>
      on(async function putMany(model, at) {
        const ttl = anyTtl();
        const items = someKeys().map((key) => [key, anyValue()]);
        const [, start, end] = await timed(() => store.putMany(items, { ...at, ttl }));
        for (const [key, value] of items) model.wrote(key, value, ttl, start, end);
      }),
    delete: () =>
      on(async function remove(model, at, told) {
        const key = anyKey();
        const [removed, start, end] = await timed(() => store.delete(key, at));
        const there = model.isThere(key, start, end);
        told(right(there === undefined || there === removed), key);
        model.removed(key);
      }),
    deleteMany: () =>
      on(async function deleteMany(model, at, told) {
        const keys = someKeys();
        const [count, start, end] = await timed(() => store.deleteMany(keys, at));
        const there = keys.map((key) => model.isThere(key, start, end));
        const [least, most] = [there.filter(Boolean).length, there.filter((is) => is !== false).length];
        told(right(count >= least && count <= most), keys);
        for (const key of keys) model.removed(key);
      }),
  };

  const atomic = {
    putIfAbsent: () =>
      on(async function putIfAbsent(model, at, told) {
        const [key, value, ttl] = [anyKey(), anyValue(), anyTtl()];
        const call = () => store.putIfAbsent(key, value, { ...at, ttl });
        const { result, start, end, there } = await decided(model, key, at, call);
        told(right(there === undefined || result === !there), key);
        if (result) model.wrote(key, value, ttl, start, end);
      }),
    take: () =>
      on(async function take(model, at, told) {
        const key = anyKey();
        const [value, start, end] = await timed(() => store.take(key, at));
        told(model.problemOf(key, value, start, end), key);
        model.removed(key);
      }),
    increment: () =>
      on(async function increment(model, at, told) {
        const [key, by, ttl] = [`n${upTo(4)}`, 1 + upTo(9), anyTtl()];
        const { result, start, end, there } = await decided(model, key, at, () =>
          store.increment(key, by, { ...at, ttl }),
        );
        if (there === undefined) return model.forget(key);
        told(right(result === (there ? model.valueOf(key) : 0) + by), key);
        if (there) model.changed(key, result);
        else model.wrote(key, result, ttl, start, end);
      }),
    update: () =>
      on(async function update(model, at, told) {
        const [key, value] = [anyKey(), anyValue()];
        let seen;
        const change = (old) => {
          seen = old;
          return value;
        };
        const { result, start, end, there } = await decided(model, key, at, () => store.update(key, change, at));
        if (there === undefined) return model.forget(key);
        told(model.problemOf(key, seen, start, end) ?? right(JSON.stringify(result) === JSON.stringify(value)), key);
        if (there) model.changed(key, value);
        else model.wrote(key, value, undefined, start, end);
      }),
    touch: () =>
      on(async function touch(model, at, told) {
        const [key, ttl] = [anyKey(), one([null, 0.4, 60])];
        const { result, start, end, there } = await decided(model, key, at, () => store.touch(key, ttl, at));
        if (there === undefined) return model.forget(key);
        told(right(result === there), key);
        if (there) model.wrote(key, model.valueOf(key), ttl ?? undefined, start, end);
      }),
    versions: () =>
      on(async function versions(model, at, told) {
        const [key, value] = [anyKey(), anyValue()];
        const { result: found, start, end, there } = await decided(model, key, at, () => store.getWithVersion(key, at));
        told(model.problemOf(key, found?.value ?? null, start, end), key);
        const version = found?.version ?? null;
        if (there === undefined) return;
        const [written, from, to] = await timed(() => store.putIfVersion(key, value, version, at));
        if (model.isThere(key, from, to) !== there) return model.forget(key);
        told(right(typeof written === "string"), key);
        model.wrote(key, value, undefined, from, to);
        if (version !== null) told(right((await store.deleteIfVersion(key, version, at)) === false), key);
        if (one([true, false])) return;
        told(right(await store.deleteIfVersion(key, written, at)), key);
        model.removed(key);
      }),
    async together() {
      await store.increment("sum", 1, { collection: "shared" });
      shared.increments++;
    },
    async cancelled() {
      const controller = new AbortController();
      const options = { collection: "cancelled", signal: controller.signal };
      const key = anyKey();
      const call = one([
        () => store.update(key, async (old) => Number((await old) ?? 0) + 1, options),
        () => store.increment(key, 1, options),
        () => store.take(key, options),
      ]);
      if (upTo(3) === 0) controller.abort();
      else setTimeout(() => controller.abort(), upTo(5));
      await call().catch((error) => {
        if (error?.code !== "aborted") throw error;
      });
    },
  };

  const listings = {
    listKeys: () =>
      on(async function listKeys(model, at, told) {
        const names = new Set();
        const start = Date.now();
        for await (const name of store.keys(at)) names.add(name);
        const end = Date.now();
        for (const key of new Set([...names, ...model.keys()])) {
          const there = model.isThere(key, start, end);
          told(there === undefined || there === names.has(key) ? undefined : "the listing is wrong", key);
        }
      }),
    async listCollections() {
      const [collection, model] = one([...models]);
      const start = Date.now();
      const names = new Set();
      for await (const name of store.collections({ prefix: `client ${client},` })) names.add(name);
      const end = Date.now();
      const mustBeListed = model.keys().some((key) => model.isThere(key, start, end));
      if (mustBeListed && !names.has(collection)) note(`listCollections: ${collection} is missing`);
    },
    destroyCollection: () =>
      on(async function destroyCollection(model, at, told) {
        const [had, start, end] = await timed(() => store.destroyCollection(at));
        const there = model.keys().map((key) => model.isThere(key, start, end));
        told(right(had ? there.some((is) => is !== false) : !there.includes(true)), at.collection);
        model.clear();
      }),
    async cull() {
      await store.cull();
    },
  };

  /** How often each is drawn: reads most often, and rarely what costs much. */
  const shares = [
    ...[
      [plain.get, 12],
      [plain.ttl, 4],
      [plain.getMany, 4],
      [plain.ttlMany, 2],
    ],
    ...[
      [plain.put, 8],
      [plain.putMany, 3],
      [plain.delete, 3],
      [plain.deleteMany, 1],
    ],
    ...(can("increment") ? Object.values(atomic).map((operation) => [operation, 3]) : []),
    ...[can("listKeys") && [listings.listKeys, 1], can("listCollections") && [listings.listCollections, 1]],
    ...[can("destroyCollection") && [listings.destroyCollection, 1], can("cull") && [listings.cull, 1]],
  ];
  return shares.filter(Boolean).flatMap(([operation, share]) => Array.from({ length: share }, () => operation));
}
