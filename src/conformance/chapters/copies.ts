import type { ValueWithTtl } from "../../core/protocol.ts";
import type { Suite } from "./suite.ts";

interface User {
  name: string;
  tags: string[];
}

const alice = (): User => ({ name: "Alice", tags: ["a"] });

/** A store copies values at the call, and returns copies that nobody else has. */
export function copies({ test, having }: Suite): void {
  test("changing a value after put changes nothing that is stored", async ({ store, at, expect }) => {
    const user = alice();
    await store.put("k", user, at);
    user.tags.push("b");
    user.name = "Bob";
    expect(await store.get("k", at)).toEqual(alice());
  });

  test("a value is copied at the call, before anything is awaited", async ({ store, at, expect }) => {
    const [one, many] = [alice(), alice()];
    const list: [string, User][] = [["many", many]];
    const written = [store.put("one", one, at), store.putMany(list, at)];
    one.tags.push("b");
    many.name = "Bob";
    list.push(["late", alice()]);
    await Promise.all(written);
    expect(await store.getMany(["one", "many", "late"], at)).toEqual([alice(), alice(), null]);
  });

  test("options are read at the call", async ({ store, at, unique, expect }) => {
    const options: { collection: string; ttl?: number } = { ...at };
    const written = store.put("k", 1, options);
    options.ttl = 60;
    options.collection = unique();
    await written;
    expect(await store.ttl("k", at)).toEqual({ value: 1, ttl: null });
  });

  test("the list of keys is read at the call", async ({ store, at, expect }) => {
    await store.putMany(
      [
        ["a", 1],
        ["b", 2],
      ],
      at,
    );
    const keys = ["a", "b"];
    const reads = [store.getMany(keys, at), store.ttlMany(keys, at)];
    keys.reverse();
    keys.push("c");
    expect(await reads[0]).toEqual([1, 2]);
    expect(await reads[1]).toEqual([
      { value: 1, ttl: null },
      { value: 2, ttl: null },
    ]);
    const doomed = ["a"];
    const removal = store.deleteMany(doomed, at);
    doomed[0] = "b";
    expect(await removal).toBe(1);
    expect(await store.getMany(["a", "b"], at)).toEqual([null, 2]);
  });

  test("every read gives a copy of its own, which may be changed", async ({ store, at, expect }) => {
    await store.put("k", Object.freeze(alice()), at);
    const reads = [
      () => store.get<User>("k", at),
      async () => (await store.getMany<User>(["k"], at))[0],
      async () => (await store.ttl<User>("k", at))?.value,
      async () => (await store.ttlMany<User>(["k"], at))[0]?.value,
    ];
    for (const read of reads) {
      const user = (await read()) as User;
      user.tags.push("changed");
      user.name = "changed";
    }
    for (const read of reads) expect(await read()).toEqual(alice());
  });

  test("a key that is asked for twice is answered with two copies", async ({ store, at, expect }) => {
    await store.put("k", alice(), at);
    const [first, second] = (await store.getMany<User>(["k", "k"], at)) as [User, User];
    first.tags.push("changed");
    expect(second).toEqual(alice());
    const [third, fourth] = (await store.ttlMany<User>(["k", "k"], at)) as [ValueWithTtl<User>, ValueWithTtl<User>];
    third.value.tags.push("changed");
    expect(fourth.value).toEqual(alice());
  });

  test("one object under two keys and twice in one value is stored as copies", async ({ store, at, expect }) => {
    const user = alice();
    await store.putMany(
      [
        ["a", user],
        ["b", user],
        ["c", [user, user]],
      ],
      at,
    );
    const [c] = (await store.getMany<User[]>(["c"], at)) as [[User, User]];
    c[0].name = "changed";
    expect(c[1]).toEqual(alice());
    expect(await store.getMany(["a", "b", "c"], at)).toEqual([alice(), alice(), [alice(), alice()]]);
  });

  having("swap")("the atomic operations copy as well", async ({ store, at, expect }) => {
    const user = alice();
    const written = store.putIfAbsent("k", user, at);
    user.tags.push("changed");
    await written;
    expect(await store.get("k", at)).toEqual(alice());
    const kept: User[] = [];
    const updated = await store.update<User>(
      "k",
      (old) => {
        kept.push(old as User);
        return { ...(old as User), name: "Bob" };
      },
      at,
    );
    kept[0]?.tags.push("changed");
    updated?.tags.push("changed");
    expect(await store.get("k", at)).toEqual({ name: "Bob", tags: ["a"] });
    const seen = await store.update<User>(
      "k",
      (old) => {
        old?.tags.push("changed");
        return undefined;
      },
      at,
    );
    expect(seen).toEqual({ name: "Bob", tags: ["a"] });
    expect(await store.take("k", at)).toEqual({ name: "Bob", tags: ["a"] });
  });
}
