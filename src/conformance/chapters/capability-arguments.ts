import { NO_STRINGS } from "./arguments.ts";
import { rejections, type Suite } from "./suite.ts";

const NO_LIMITS = [0, -1, 1.5, NaN, Infinity, "5", null] as never[];

/** The arguments of the methods that a store has beyond the eight. */
export function capabilityArguments({ having }: Suite): void {
  const listingKeys = having("listKeys");
  const listingCollections = having("listCollections");
  const swapping = having("swap");

  listingKeys("listings of keys refuse wrong arguments with a TypeError", async ({ store, at, expect }) => {
    const codes = await rejections([
      ...NO_STRINGS.slice(1).flatMap((wrong) => [
        () => store.listKeys({ ...at, prefix: wrong }),
        () => store.listKeys({ ...at, cursor: wrong }),
        () => store.listKeys({ collection: wrong }),
        () => store.keys({ ...at, prefix: wrong }).next(),
        () => store.keys({ collection: wrong }).next(),
      ]),
      ...NO_LIMITS.flatMap((limit) => [
        () => store.listKeys({ ...at, limit }),
        () => store.keys({ ...at, limit }).next(),
      ]),
    ]);
    expect(codes).toEqual(codes.map(() => "TypeError"));
  });

  listingCollections("listings of collections refuse wrong arguments with a TypeError", async ({ store, expect }) => {
    const codes = await rejections([
      ...NO_STRINGS.slice(1).flatMap((wrong) => [
        () => store.listCollections({ prefix: wrong }),
        () => store.listCollections({ cursor: wrong }),
        () => store.collections({ prefix: wrong }).next(),
      ]),
      ...NO_LIMITS.flatMap((limit) => [
        () => store.listCollections({ limit }),
        () => store.collections({ limit }).next(),
      ]),
    ]);
    expect(codes).toEqual(codes.map(() => "TypeError"));
  });

  having("destroyCollection")("destroyCollection refuses a collection that is no string", async ({ store, expect }) => {
    const calls = NO_STRINGS.slice(1).map((collection) => () => store.destroyCollection({ collection }));
    expect(await rejections(calls)).toEqual(calls.map(() => "TypeError"));
  });

  swapping("atomic operations refuse a wrong key or collection with a TypeError", async ({ store, at, expect }) => {
    for (const wrong of NO_STRINGS.slice(1)) {
      const codes = await rejections([
        () => store.putIfAbsent(wrong, 1, at),
        () => store.putIfAbsent("k", 1, { collection: wrong }),
        () => store.take(wrong, at),
        () => store.take("k", { collection: wrong }),
        () => store.update(wrong, () => 1, at),
        () => store.update("k", () => 1, { collection: wrong }),
        () => store.increment(wrong, 1, at),
        () => store.increment("k", 1, { collection: wrong }),
        () => store.touch(wrong, 60, at),
        () => store.touch("k", 60, { collection: wrong }),
        () => store.getWithVersion(wrong, at),
        () => store.getWithVersion("k", { collection: wrong }),
        () => store.putIfVersion(wrong, 1, null, at),
        () => store.putIfVersion("k", 1, null, { collection: wrong }),
        () => store.deleteIfVersion(wrong, "v", at),
        () => store.deleteIfVersion("k", "v", { collection: wrong }),
      ]);
      expect(codes).toEqual(codes.map(() => "TypeError"));
    }
  });

  swapping("atomic operations refuse what they cannot work with, and change nothing", async ({ store, at, expect }) => {
    await store.put("k", 1, at);
    const types = await rejections([
      () => store.update("k", 2 as never, at),
      () => store.update("k", undefined as never, at),
      () => store.increment("k", "1" as never, at),
      () => store.increment("k", NaN, at),
      () => store.increment("k", Infinity, at),
      () => store.take("k", { ...at, signal: 1 as never }),
      () => store.update("k", () => 2, { ...at, signal: new AbortController() as never }),
      () => store.increment("k", 1, { ...at, signal: {} as never }),
      () => store.putIfAbsent("new", 1, { ...at, signal: "now" as never }),
      () => store.putIfVersion("k", 2, 1 as never, at),
      () => store.putIfVersion("new", 2, undefined as never, at),
      () => store.deleteIfVersion("k", null as never, at),
    ]);
    expect(types).toEqual(types.map(() => "TypeError"));
    const codes = await rejections([
      () => store.putIfAbsent("new", 1, { ...at, ttl: 0 }),
      () => store.putIfAbsent("k", 1, { ...at, ttl: 0 }),
      () => store.update("k", () => 2, { ...at, ttl: -1 }),
      () => store.update("k", () => undefined, { ...at, ttl: -1 }),
      () => store.increment("k", 1, { ...at, ttl: NaN }),
      () => store.touch("k", 0, at),
      () => store.touch("k", undefined as never, at),
      () => store.putIfVersion("new", 1, null, { ...at, ttl: -1 }),
      () => store.putIfAbsent("new", undefined, at),
      () => store.putIfAbsent("k", null, at),
      () => store.update("k", () => new Date(), at),
    ]);
    const value = "not_serializable";
    expect(codes).toEqual([...Array.from({ length: 8 }, () => "invalid_ttl"), value, value, value]);
    expect(await store.getMany(["k", "new"], at)).toEqual([1, null]);
  });
}
