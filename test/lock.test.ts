import { describe, expect, it } from "#test";
import { KeyValueError, memoryStore } from "../src/index.ts";
import { lock, tryLock } from "../src/lock.ts";
import { at } from "./support/caching.ts";

async function failure(promise: Promise<unknown>): Promise<KeyValueError> {
  return promise.then(
    () => new KeyValueError("backend", "it did not fail"),
    (error) => error,
  );
}

describe("lock", () => {
  it("is held by one at a time, and tokens grow from holder to holder", async () => {
    const store = memoryStore();
    let inside = 0;
    let most = 0;
    const tokens: number[] = [];
    await Promise.all(
      Array.from({ length: 10 }, async () => {
        const held = await lock(store, "job", { ttl: 30, collection: "locks" });
        most = Math.max(most, ++inside);
        tokens.push(held.token);
        await new Promise((resolve) => setTimeout(resolve, 1));
        inside--;
        expect(await held.release()).toBe(true);
      }),
    );
    expect(most).toBe(1);
    expect(tokens).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it("is free again after its TTL, and the late holder can neither release nor extend it", async () => {
    const store = memoryStore();
    const late = await lock(store, "job", { ttl: 5 });
    expect(await tryLock(store, "job", { ttl: 5 })).toBe(null);
    await at(5001, async () => {
      const next = await lock(store, "job", { ttl: 5 });
      expect(next.token).toBe(late.token + 1);
      expect([await late.release(), await late.extend()]).toEqual([false, false]);
      expect(await tryLock(store, "job", { ttl: 5 })).toBe(null);
      expect(await next.release()).toBe(true);
      expect(await next.release()).toBe(false);
    });
  });

  it("can be extended for as long as nobody else has it", async () => {
    const store = memoryStore();
    const held = await lock(store, "job", { ttl: 5 });
    await at(4000, async () => expect(await held.extend(60)).toBe(true));
    await at(50_000, async () => expect(await tryLock(store, "job", { ttl: 5 })).toBe(null));
  });

  it("stops waiting when its signal says so, with the reason as the cause", async () => {
    const store = memoryStore();
    await lock(store, "job", { ttl: 60 });
    const controller = new AbortController();
    setTimeout(() => controller.abort("enough"), 5);
    const error = await failure(lock(store, "job", { ttl: 60, signal: controller.signal }));
    expect([error.code, error.key, error.cause]).toEqual(["aborted", "job", "enough"]);
  });

  it("refuses a TTL that is not a positive number of seconds", async () => {
    const store = memoryStore();
    await tryLock(store, "taken", { ttl: 60 });
    for (const ttl of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, "5"]) {
      for (const key of ["free", "taken"]) {
        expect((await failure(tryLock(store, key, { ttl: ttl as number }))).code).toBe("invalid_ttl");
      }
    }
  });

  it("is released at the end of its block", async () => {
    const store = memoryStore();
    const held = await lock(store, "job", { ttl: 60 });
    await held[Symbol.asyncDispose]();
    expect((await tryLock(store, "job", { ttl: 5 }))?.token).toBe(2);
  });
});
