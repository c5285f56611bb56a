import fc from "fast-check";
import { describe, expect, it } from "#test";
import { memoryStore, toDriver } from "../../src/index.ts";
import { compress } from "../../src/wrappers/compress.ts";
import { encrypt, passphrase } from "../../src/wrappers/encrypt.ts";
import { prefixKeys } from "../../src/wrappers/prefix-keys.ts";

interface Envelope {
  __encrypted_data__: string;
  __encryption_key_id__: string;
  __encryption_version__: number;
}

const bytes = (fill: number) => new Uint8Array(32).fill(fill);
const a = { id: "a", key: bytes(1) };
const b = { id: "b", key: bytes(2) };
const secret = { card: "4111-1111" };

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error) => error,
  );
const codeOf = async (promise: Promise<unknown>) => (await failure(promise))?.code;

const unpack = (data: string) => Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
const pack = (data: Uint8Array) => btoa(String.fromCharCode(...data));

describe("encrypt", () => {
  it("stores an envelope that tells nothing but the key's id, and gives values back", async () => {
    const inner = memoryStore();
    const store = encrypt(inner, { keys: [a] });
    await store.put("k", secret, { ttl: 60 });
    const stored = await inner.ttl<Envelope>("k");
    expect(Object.keys(stored!.value).sort()).toEqual([
      "__encrypted_data__",
      "__encryption_key_id__",
      "__encryption_version__",
    ]);
    expect(stored?.value.__encryption_key_id__).toBe("a");
    expect(unpack(stored!.value.__encrypted_data__).length).toBe(9 + 12 + 8 + JSON.stringify(secret).length + 16);
    expect(stored?.ttl).toBeGreaterThan(50);
    expect(await store.get("k")).toEqual(secret);
    await store.putMany([
      ["x", 1],
      ["y", "2"],
    ]);
    expect(await store.getMany(["y", "k", "x", "none"])).toEqual(["2", secret, 1, null]);
    expect((await store.ttl("k"))?.value).toEqual(secret);
  });

  it("gives any JSON value back, also one that looks like an envelope, and never repeats a ciphertext", async () => {
    const inner = memoryStore();
    const store = encrypt(inner, { keys: [a] });
    await store.put("real", secret);
    const real = await inner.get<Envelope>("real");
    const seen = new Set<string>();
    const json = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(secret, "same", real),
      fc.record({ __encrypted_data__: fc.jsonValue(), __encryption_version__: fc.constantFrom(1, 2) }),
    );
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(
        json.filter((value) => value !== null),
        fc.string({ unit: "binary" }),
        async (value, key) => {
          await store.put(key, value);
          expect(await store.get(key)).toEqual(JSON.parse(JSON.stringify(value)));
          const { __encrypted_data__: data } = (await inner.get<Envelope>(key))!;
          seen.add(data).add(pack(unpack(data).slice(9, 21)));
          runs++;
        },
      ),
    );
    expect(seen.size).toBe(2 * runs);
  });

  it("catches the change of every byte, and of every character of its text", async () => {
    const inner = memoryStore();
    const store = encrypt(inner, { keys: [a, b] });
    await store.put("k", "v");
    const real = (await inner.get<Envelope>("k"))!;
    const data = unpack(real.__encrypted_data__);
    for (let at = 0; at < data.length; at++) {
      for (const bit of [1, 128]) {
        const changed = data.slice();
        changed[at]! ^= bit;
        await inner.put("k", { ...real, __encrypted_data__: pack(changed) });
        expect(await codeOf(store.get("k"))).toBe("tampered");
      }
      await inner.put("k", { ...real, __encrypted_data__: pack(data.slice(0, at)) });
      expect(await codeOf(store.get("k"))).toBe("tampered");
    }
    const text = real.__encrypted_data__;
    for (let at = 0; at < text.length; at++) {
      for (const other of ["A", "B", " ", "=", "!"]) {
        const changed = text.slice(0, at) + other + text.slice(at + 1);
        if (changed === text) continue;
        await inner.put("k", { ...real, __encrypted_data__: changed });
        expect(await codeOf(store.get("k"))).toBe("tampered");
      }
    }
    for (const data of [`${text}\n`, ` ${text}`, `${text}AAAA`, "", 5, null, [text]]) {
      await inner.put("k", { ...real, __encrypted_data__: data });
      expect(await codeOf(store.get("k"))).toBe("tampered");
    }
    await inner.put("k", real);
    expect(await store.get("k")).toBe("v");
  });

  it("binds a value to its collection and key, however they are cut", async () => {
    const inner = memoryStore();
    const store = encrypt(inner, { keys: [a] });
    const places = [
      ["a::b", "c"],
      ["a", "b::c"],
      ["a:", ":b:c"],
      ["", "a"],
      ["a", ""],
      ['a","b', "c"],
      ["a", 'b","c'],
      ["\ud800", "x"],
      ["\ud801", "x"],
      ["\ufffd", "x"],
    ] as const;
    for (const [collection, key] of places) await store.put(key, { collection, key }, { collection });
    for (const [from, key] of places) {
      const stored = await inner.get(key, { collection: from });
      for (const [collection, name] of places) {
        const own = from === collection && key === name;
        const copy = memoryStore();
        await copy.put(name, stored, { collection });
        const read = encrypt(copy, { keys: [a] }).get(name, { collection });
        expect(own ? await read : await codeOf(read)).toEqual(own ? { collection: from, key } : "tampered");
      }
    }
  });

  it("tells a wrong key, an unknown key, a changed value and a plain one apart, and names the place", async () => {
    const inner = memoryStore();
    await encrypt(inner, { keys: [a] }).put("k", secret, { collection: "c" });
    const read = async (store: Pick<typeof inner, "get">) => {
      const error = await failure(store.get("k", { collection: "c" }));
      expect([error.name, error.store, error.collection, error.key]).toEqual(["KeyValueError", "memory", "c", "k"]);
      expect(error.message).not.toContain("4111");
      return error.code;
    };
    expect(await read(encrypt(inner, { keys: [{ id: "a", key: bytes(9) }] }))).toBe("wrong_key");
    expect(await read(encrypt(inner, { keys: [b] }))).toBe("unknown_key");
    const real = (await inner.get<Envelope>("k", { collection: "c" }))!;
    await inner.put("k", { ...real, __encryption_key_id__: "b" }, { collection: "c" });
    expect(await read(encrypt(inner, { keys: [a, b] }))).toBe("wrong_key");
    await inner.put("k", { ...real, __encryption_key_id__: 5 }, { collection: "c" });
    expect(await read(encrypt(inner, { keys: [a, b] }))).toBe("unknown_key");
    await inner.put("k", { ...real, __encryption_version__: 1 }, { collection: "c" });
    expect(await read(encrypt(inner, { keys: [a] }))).toBe("corrupted");
    for (const plain of ["text", secret, [real], 0]) {
      await inner.put("k", plain, { collection: "c" });
      expect(await read(encrypt(inner, { keys: [a] }))).toBe("not_encrypted");
    }
  });

  it("encrypts with the first key of the ring, decrypts with all, and re-encrypts on write", async () => {
    const inner = memoryStore();
    await encrypt(inner, { keys: [a] }).put("k", 1);
    const rotated = encrypt(inner, { keys: [b, a] });
    expect(await rotated.get("k")).toBe(1);
    expect((await inner.get<Envelope>("k"))?.__encryption_key_id__).toBe("a");
    expect(await rotated.increment("k")).toBe(2);
    expect((await inner.get<Envelope>("k"))?.__encryption_key_id__).toBe("b");
    expect(await encrypt(inner, { keys: [b] }).get("k")).toBe(2);
  });

  it("keeps the order of keys whose ids are numbers", async () => {
    const inner = memoryStore();
    await encrypt(inner, {
      keys: [
        { id: "2", key: bytes(2) },
        { id: "1", key: bytes(1) },
      ],
    }).put("k", 1);
    expect((await inner.get<Envelope>("k"))?.__encryption_key_id__).toBe("2");
  });

  it("reads plain values while a store is moved over, and encrypts them when they are written", async () => {
    const inner = memoryStore();
    await inner.put("old", secret);
    await inner.put("n", 41);
    const store = encrypt(inner, { keys: [a], allowPlaintext: true });
    expect(await store.get("old")).toEqual(secret);
    expect(await store.increment("n")).toBe(42);
    expect(await encrypt(inner, { keys: [a] }).get("n")).toBe(42);
    expect(await codeOf(encrypt(inner, { keys: [a] }).get("old"))).toBe("not_encrypted");
    await inner.put("broken", { ...(await inner.get<Envelope>("n")), __encrypted_data__: "AAAA" });
    expect(await codeOf(store.get("broken"))).toBe("tampered");
  });

  it("treats what it cannot decrypt as missing on request, and lets it be replaced", async () => {
    const inner = memoryStore();
    const other = encrypt(inner, { keys: [{ id: "a", key: bytes(9) }] });
    const store = encrypt(inner, { keys: [a], onFailure: "miss" });
    await other.putMany([
      ["x", 1],
      ["y", 1],
      ["z", 1],
    ]);
    await inner.put("plain", 1);
    await store.put("mine", 5);
    expect(await store.getMany(["x", "mine", "plain"])).toEqual([null, 5, null]);
    expect(await store.ttl("x")).toBe(null);
    expect(await store.take("x")).toBe(null);
    expect(await store.putIfAbsent("x", 2)).toBe(true);
    expect(await store.increment("y")).toBe(1);
    expect(await store.update("z", (value) => (value === null ? "new" : undefined))).toBe("new");
    expect(await store.getMany(["x", "y", "z"])).toEqual([2, 1, "new"]);
  });

  it("takes CryptoKeys that cannot be extracted, raw bytes, and passphrases", async () => {
    const inner = memoryStore();
    const imported = await crypto.subtle.importKey("raw", bytes(1), "AES-GCM", false, ["encrypt", "decrypt"]);
    await encrypt(inner, { keys: [{ id: "a", key: imported }] }).put("k", 1);
    expect(await encrypt(inner, { keys: [a] }).get("k")).toBe(1);

    const words = passphrase("correct horse battery staple", "0123456789abcdef");
    const store = encrypt(inner, { keys: [{ id: "words", key: words }] });
    await store.putMany([
      ["p", 1],
      ["q", 2],
    ]);
    expect(await store.getMany(["p", "q"])).toEqual([1, 2]);
    const salt = new TextEncoder().encode("0123456789abcdef");
    const same = { id: "words", key: passphrase("correct horse battery staple", salt) };
    expect(await encrypt(inner, { keys: [same] }).get("p")).toBe(1);
    const wrong = { id: "words", key: passphrase("correct horse battery stable", salt) };
    expect(await codeOf(encrypt(inner, { keys: [wrong] }).get("p"))).toBe("wrong_key");
  });

  it("derives a passphrase's key as pinned, so that stored values outlive releases", async () => {
    const bits = await passphrase("correct horse battery staple", "0123456789abcdef").derive();
    expect(pack(new Uint8Array(bits))).toBe("VPRoNrjJjEjIVcwFh4Lek5byE4y6PP1Spbf0Kq92+A0=");
    const pinned = {
      __encrypted_data__: "IpU/bd8pbSFENBYP+ymql5PdyLrDMDiuZ1mP9BtU+wDwGczKFHxiSQXWdSqKToQvA0C2ihQj+IjoDFD8RA==",
      __encryption_key_id__: "a",
      __encryption_version__: 2,
    };
    const inner = memoryStore();
    await inner.put("user:123", pinned, { collection: "users" });
    const store = encrypt(inner, { keys: [a], context: "production" });
    expect(await store.get("user:123", { collection: "users" })).toEqual({ name: "Alice" });
  });

  it("binds the deadline: whoever moves it in the backend gains five minutes at most", async () => {
    const inner = memoryStore();
    const store = encrypt(inner, { keys: [a] });
    const driver = toDriver(inner);
    const at = "default_collection";
    await store.put("token", secret, { ttl: 60 });
    const [token] = await driver.read(at, ["token"]);
    const { now } = Date;
    const start = now();
    const ends = (later: number) => {
      Date.now = () => start + later * 1000;
    };
    try {
      for (const expiresAt of [undefined, start + 1e12]) {
        await driver.write(at, [["token", { ...token!, expiresAt }]]);
        ends(59);
        expect(await store.get("token")).toEqual(secret);
        expect((await store.ttl("token"))!.ttl).toBeLessThanOrEqual(301);
        ends(361);
        expect(await inner.get("token")).not.toBe(null);
        expect([await store.get("token"), await store.ttl("token"), await store.take("token")]).toEqual([
          null,
          null,
          null,
        ]);
        expect(await store.putIfAbsent("token", 1)).toBe(true);
        ends(0);
      }
      await store.put("for ever", secret);
      ends(1e9);
      expect(await store.get("for ever")).toEqual(secret);
    } finally {
      Date.now = now;
    }
  });

  it("lets updates, touches and rotation move the deadline, since they encrypt again", async () => {
    const inner = memoryStore();
    const store = encrypt(inner, { keys: [a] });
    const { now } = Date;
    try {
      await store.put("k", 1, { ttl: 60 });
      await store.touch("k", 6000);
      Date.now = () => now() + 5000_000;
      expect(await store.get("k")).toBe(1);
      await encrypt(inner, { keys: [b, a] }).update("k", (value) => value, { ttl: 6000 });
      Date.now = () => now() + 10_000_000;
      expect(await encrypt(inner, { keys: [b] }).get("k")).toBe(1);
      await encrypt(inner, { keys: [b] }).touch("k", null);
      Date.now = () => now() + 1e12;
      expect(await encrypt(inner, { keys: [b] }).ttl("k")).toEqual({ value: 1, ttl: null });
    } finally {
      Date.now = now;
    }
  });

  it("binds the context: a value from a store with another one does not decrypt", async () => {
    const inner = memoryStore();
    const [staging, production] = ["staging", "production"].map((context) => encrypt(inner, { keys: [a], context }));
    await staging!.put("k", secret);
    expect(await staging!.get("k")).toEqual(secret);
    expect(await codeOf(production!.get("k"))).toBe("tampered");
    expect(await codeOf(encrypt(inner, { keys: [a] }).get("k"))).toBe("tampered");
    expect(() => encrypt(inner, { keys: [a], context: 5 as never })).toThrow(TypeError);
  });

  it("copies raw keys, so that the caller may overwrite them before the first use", async () => {
    // The `slice` of Node's Buffer returns a view of the same memory.
    class SharesMemory extends Uint8Array<ArrayBuffer> {
      override slice(start?: number, end?: number) {
        return this.subarray(start, end);
      }
    }
    for (const key of [bytes(1), new SharesMemory(bytes(1).buffer)]) {
      const inner = memoryStore();
      const store = encrypt(inner, { keys: [{ id: "a", key }] });
      key.fill(9);
      await store.put("k", secret);
      expect(await encrypt(inner, { keys: [a] }).get("k")).toEqual(secret);
    }
  });

  it("touches no key before the first use", async () => {
    const inner = memoryStore();
    let derived = 0;
    const derive = () => {
      derived++;
      return Promise.resolve(bytes(1).buffer);
    };
    const lazy = encrypt(inner, { keys: [a, { id: "lazy", key: { derive } }] });
    await lazy.put("k", 1);
    expect(await lazy.get("k")).toBe(1);
    expect(derived).toBe(0);
    const used = encrypt(inner, { keys: [{ id: "lazy", key: { derive } }] });
    await used.putMany(Array.from({ length: 20 }, (_, n) => [`${n}`, n] as const));
    expect(derived).toBe(1);
  });

  it("turns what WebCrypto and a key's source throw into its own error, and tries again at the next call", async () => {
    let fails = true;
    const derive = async () => {
      if (fails) throw new DOMException("no", "OperationError");
      return bytes(1).buffer;
    };
    const inner = memoryStore();
    const store = encrypt(inner, { keys: [{ id: "a", key: { derive } }], onFailure: "miss" });
    await encrypt(inner, { keys: [a] }).put("k", 1);
    const error = await failure(store.put("new", 1));
    expect([error.name, error.code, error.key]).toEqual(["KeyValueError", "misconfigured", "new"]);
    expect(error.cause).toBeInstanceOf(DOMException);
    expect(await codeOf(store.get("k"))).toBe("misconfigured");
    fails = false;
    expect(await store.get("k")).toBe(1);
  });

  it("does not wait forever for a key whose derivation ended with another request", async () => {
    let hangs = true;
    const derive = () => (hangs ? new Promise<never>(() => {}) : Promise.resolve(bytes(1).buffer));
    const store = encrypt(memoryStore(), { keys: [{ id: "a", key: { derive } }] });
    void store.put("k", 1);
    hangs = false;
    const real = Date.now;
    Date.now = () => real() + 11_000;
    try {
      await store.put("k", 2);
      expect(await store.get("k")).toBe(2);
    } finally {
      Date.now = real;
    }
    expect(await store.get("k")).toBe(2);
  }, 2000);

  it("refuses key rings that cannot be meant", async () => {
    const make = (keys: unknown) => () => encrypt(memoryStore(), { keys: keys as never });
    const short = await crypto.subtle.generateKey({ name: "AES-GCM", length: 128 }, false, ["encrypt", "decrypt"]);
    const half = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["decrypt"]);
    const cbc = await crypto.subtle.generateKey({ name: "AES-CBC", length: 256 }, false, ["encrypt", "decrypt"]);
    for (const keys of [undefined, [], [a, a], [{ id: 1, key: bytes(1) }], [{ id: "a" }]]) {
      expect(make(keys)).toThrow(TypeError);
    }
    for (const wrong of [null, undefined, "a"]) expect(make([a, wrong])).toThrow("each of keys must be an object");
    for (const key of [new Uint8Array(16), "text", 32, null, {}, short, half, cbc]) {
      expect(make([{ id: "a", key }])).toThrow(TypeError);
    }
    expect(() => passphrase("", "0123456789abcdef")).toThrow(TypeError);
    expect(() => passphrase("text", "too short")).toThrow(TypeError);
    expect(() => encrypt(memoryStore(), { keys: [a], onFailure: "ignore" as never })).toThrow(TypeError);
  });

  it("stacks with compression and prefixes, and loses no increment", async () => {
    const inner = memoryStore();
    for (const store of [
      compress(encrypt(prefixKeys(inner, "one"), { keys: [a] }), { minBytes: 0 }),
      prefixKeys(compress(encrypt(inner, { keys: [a] })), "two"),
    ]) {
      await Promise.all(Array.from({ length: 20 }, () => store.increment("n")));
      expect(await store.get("n")).toBe(20);
      const taken = await Promise.all(Array.from({ length: 10 }, () => store.take("n")));
      expect(taken.filter((value) => value !== null)).toEqual([20]);
      expect((await store.listKeys()).names).toEqual([]);
    }
  });

  it("says how large a value the backend takes in its envelope", async () => {
    for (const limit of [1000, 1001, 1002, 1003, 50]) {
      const inner = { ...toDriver(memoryStore()), limits: { keyBytes: 9, valueBytes: limit } };
      const { createStore } = await import("../../src/index.ts");
      const size = toDriver(encrypt(createStore(inner), { keys: [a] })).limits!.valueBytes!;
      const stored = async (length: number) => {
        await encrypt(createStore(inner), { keys: [a] }).put("k", "x".repeat(length - 2));
        return JSON.stringify((await inner.read("default_collection", ["k"]))[0]?.value).length;
      };
      if (limit === 50) expect(size).toBe(0);
      else {
        expect(await stored(size)).toBeLessThanOrEqual(limit);
        expect(await stored(size + 1)).toBeGreaterThan(limit);
      }
    }
  });
});
