import { describe, expect, it } from "#test";
import { workersKVStore } from "../../src/adapters/workers-kv.ts";
import { conformance } from "../../src/conformance/index.ts";
import { type ErrorCode, KeyValueError, memoryStore } from "../../src/index.ts";
import { type KVNamespaceLike, toKVNamespace } from "../../src/interop/kv-namespace.ts";
import { movedClock } from "../support/clock.ts";
import { withVariants } from "../support/combinations.ts";
import { stackOfFive } from "../support/stacks.mjs";
import { storeWith } from "./support.ts";

const wait = movedClock();

const text = (stream: ReadableStream | null) => new Response(stream).text();

/** The class, the message and the code of a failure. */
async function failureOf(work: Promise<unknown>): Promise<{ message: string; code?: ErrorCode; is: unknown }> {
  return work.then(
    () => ({ message: "no failure", is: undefined }),
    (error) => ({ message: error.message, code: error.code, is: error.constructor }),
  );
}

describe("a KV namespace over a store", () => {
  it("returns a value as text, JSON, bytes or a stream, with its metadata", async () => {
    const KV = toKVNamespace(memoryStore());
    await KV.put("k", '{"a":"é"}', { metadata: { tags: ["😀"] } });
    expect(await KV.get("k")).toBe('{"a":"é"}');
    expect(await KV.get("k", "json")).toEqual({ a: "é" });
    expect(new TextDecoder().decode((await KV.get("k", "arrayBuffer")) ?? undefined)).toBe('{"a":"é"}');
    expect(await text(await KV.get("k", { type: "stream", cacheTtl: 60 }))).toBe('{"a":"é"}');
    expect(await KV.getWithMetadata("k", "json")).toEqual({
      value: { a: "é" },
      metadata: { tags: ["😀"] },
      cacheStatus: null,
    });
    await KV.delete("k");
    expect(await KV.getWithMetadata("k")).toEqual({ value: null, metadata: null, cacheStatus: null });
  });

  it("returns the bytes that were put, from a buffer, a part of one or a stream, UTF-8 or not", async () => {
    const KV = toKVNamespace(memoryStore());
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    const bodies: [body: () => ArrayBuffer | ArrayBufferView | ReadableStream, bytes: Uint8Array][] = [
      [() => all.buffer, all],
      [() => all.subarray(7, 9), all.slice(7, 9)],
      [() => new DataView(all.buffer, 200), all.slice(200)],
      [() => new Uint8Array(0), new Uint8Array(0)],
      [() => new Blob([all]).stream(), all],
      // The mark of UTF-8 at the start is kept, too.
      [() => Uint8Array.of(0xef, 0xbb, 0xbf, 0x61), Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)],
    ];
    for (const [body, bytes] of bodies) {
      await KV.put("k", body());
      expect([...new Uint8Array((await KV.get("k", "arrayBuffer"))!)]).toEqual([...bytes]);
      const streamed = new Response(await KV.get("k", "stream"));
      expect([...new Uint8Array(await streamed.arrayBuffer())]).toEqual([...bytes]);
    }
  });

  it("copies a buffer at the call", async () => {
    const KV = toKVNamespace(memoryStore());
    const bytes = Uint8Array.of(97);
    const put = KV.put("k", bytes);
    bytes[0] = 98;
    await put;
    expect(await KV.get("k")).toBe("a");
  });

  it("returns a Map of many keys, without repeated ones", async () => {
    const KV = toKVNamespace(memoryStore());
    await KV.put("a", "1", { metadata: 7 });
    await KV.put("42", "2");
    expect([...(await KV.get(["a", "none", "42", "a"]))]).toEqual([
      ["a", "1"],
      ["none", null],
      ["42", "2"],
    ]);
    expect([...(await KV.getWithMetadata(["a", "none"], "json"))]).toEqual([
      ["a", { value: 1, metadata: 7 }],
      ["none", null],
    ]);
  });

  it("lists keys in the order of their UTF-8, page by page, with deadline and metadata", async () => {
    const KV = toKVNamespace(memoryStore());
    const deadline = Math.floor(Date.now() / 1000) + 3600;
    for (const key of ["u:\u{1f600}", "u:\uff5e", "other", "u:a", "u:b"]) {
      await KV.put(key, "v", { expiration: deadline, ...(key === "u:a" && { metadata: { is: key } }) });
    }
    await KV.put("u:b", "v");
    const first = await KV.list({ prefix: "u:", limit: 3 });
    expect(first).toEqual({
      keys: [
        { name: "u:a", expiration: deadline, metadata: { is: "u:a" } },
        { name: "u:b" },
        { name: "u:\uff5e", expiration: deadline },
      ],
      list_complete: false,
      cursor: (first as { cursor?: string }).cursor,
      cacheStatus: null,
    });
    const rest = await KV.list({ prefix: "u:", limit: 3, cursor: (first as { cursor: string }).cursor });
    expect([rest.keys.map(({ name }) => name), rest.list_complete]).toEqual([["u:\u{1f600}"], true]);
  });

  it("fills its pages where the store returns short ones", async () => {
    const { memory, store } = storeWith(({ listKeys }) => ({
      listKeys: (collection, page) => listKeys(collection, { ...page, limit: Math.min(2, page.limit ?? 2) }),
    }));
    await memory.putMany(
      ["a", "b", "c", "d", "e", "f"].map((key) => [key, { text: key }]),
      { collection: "kv" },
    );
    const page = await toKVNamespace(store).list({ limit: 5 });
    expect([page.keys.length, page.list_complete]).toEqual([5, false]);
  });

  it("expires keys, after an hour or at a date", async () => {
    const KV = toKVNamespace(memoryStore());
    await KV.put("ttl", "v", { expirationTtl: 3600 });
    await KV.put("date", "v", { expiration: Math.floor(Date.now() / 1000) + 3600 });
    await KV.put("stays", "v");
    wait(3590);
    expect([...(await KV.get(["ttl", "date", "stays"])).values()]).toEqual(["v", "v", "v"]);
    wait(11);
    expect([...(await KV.get(["ttl", "date", "stays"])).values()]).toEqual([null, null, "v"]);
    expect((await KV.list()).keys).toEqual([{ name: "stays" }]);
  });

  it("refuses what KV refuses, with its classes and statuses", async () => {
    const KV = toKVNamespace(memoryStore());
    await KV.put("text", "no json");
    const long = "é".repeat(257);
    const refused: [work: Promise<unknown>, expected: unknown, code?: ErrorCode][] = [
      [KV.get(""), TypeError],
      [KV.put("..", "v"), TypeError],
      [KV.put("k", {} as string), TypeError],
      [KV.put("k", "v", { expirationTtl: 2 ** 40 }), TypeError],
      [KV.put("k", "v", { metadata: 1n }), TypeError],
      [KV.get("text", "blob" as "text"), TypeError],
      [KV.get("text", "json"), SyntaxError],
      [KV.get(long), "KV GET failed: 414", "too_large"],
      [KV.get("k", { cacheTtl: 29 }), "KV GET failed: 400", "invalid_value"],
      [KV.delete("\ud800"), "KV DELETE failed: 400", "invalid_value"],
      [KV.put("k", "v", { expirationTtl: 59 }), "KV PUT failed: 400", "invalid_ttl"],
      [KV.put("k", "v", { expiration: 1 }), "KV PUT failed: 400", "invalid_ttl"],
      [KV.put("k", "v", { metadata: "m".repeat(1023) }), "KV PUT failed: 413", "too_large"],
      [KV.put("k", new Uint8Array((25 << 20) + 1)), "KV PUT failed: 413", "too_large"],
      [KV.get(["text"], "json"), "KV GET_BULK failed: 400", "invalid_value"],
      [KV.get(["text"], "stream" as "json"), "KV GET_BULK failed: 400", "invalid_value"],
      [KV.get([]), "KV GET_BULK failed: 400", "invalid_value"],
      [KV.get(["."]), "KV GET_BULK failed: 400", "invalid_value"],
      [KV.get(Array(101).fill("k")), "KV GET_BULK failed: 400", "invalid_value"],
      [KV.list({ limit: 1001 }), "KV GET failed: 400", "invalid_value"],
      [KV.list({ prefix: long }), "KV GET failed: 414", "too_large"],
    ];
    for (const [work, expected, code] of refused) {
      const failure = await failureOf(work);
      if (typeof expected === "string") {
        expect([failure.is, failure.code, failure.message.slice(0, expected.length)]).toEqual([
          KeyValueError,
          code,
          expected,
        ]);
      } else expect(failure.is).toBe(expected);
      expect(failure.message).not.toContain("no json");
    }
    expect(await KV.get("k")).toBe(null);
  });

  it("stops reading a stream that is too large, and cancels it", async () => {
    let canceled = false;
    let chunks = 0;
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(chunks++ < 100 ? 1 << 20 : 0)),
      cancel: () => void (canceled = true),
    });
    const failure = await failureOf(toKVNamespace(memoryStore()).put("k", endless));
    expect([failure.code, canceled]).toEqual(["too_large", true]);
    expect(chunks).toBeLessThan(40);
  });

  it("fails with the status that KV would have where the store fails, and keeps the code", async () => {
    let code: ErrorCode = "backend";
    const fail = () => {
      throw new KeyValueError(code, "out of order", { store: "memory", retryAfter: 7 });
    };
    const { store } = storeWith(() => ({ read: fail, write: fail, remove: fail, listKeys: fail }));
    const KV: KVNamespaceLike = toKVNamespace(store);
    const messages: string[] = [];
    for (code of ["rate_limited", "unavailable", "too_large", "timeout", "backend"] as const) {
      for (const call of [() => KV.get("k"), () => KV.put("k", "v"), () => KV.delete("k"), () => KV.list()]) {
        const failure = await call().catch((error) => error);
        expect([failure.code, failure.retryAfter]).toEqual([code, 7]);
        messages.push(failure.message);
      }
    }
    expect(messages.filter((_, i) => i % 4 === 0)).toEqual(
      [429, 503, 413, 504, 500].map((status) => `KV GET failed: ${status} out of order`),
    );
    expect(messages[1]).toBe("KV PUT failed: 429 out of order");
  });

  it("takes what others stored in its collection for corrupted", async () => {
    const store = memoryStore();
    const KV = toKVNamespace(store, { collection: "mine" });
    for (const value of [0, "", "text", [], {}, { text: 1 }, { base64: "?" }, { base64: [] }]) {
      await store.put("k", value, { collection: "mine" });
      expect((await failureOf(KV.get("k"))).code).toBe("corrupted");
      expect((await failureOf(KV.get(["k"]))).code).toBe("corrupted");
      expect((await KV.list()).keys).toEqual([{ name: "k" }]);
    }
  });

  it("refuses a store that cannot list its keys", () => {
    const store = { ...memoryStore(), listKeys: undefined };
    const { listKeys: _, ...unlisted } = store;
    expect(() => toKVNamespace(unlisted as never)).toThrow("a store that can list its keys");
  });
});

// Code that is written for Workers KV, and all of its demands: the store that this package has for it.
if (withVariants) {
  const runner = { describe, it, expect };
  const overMemory = () => workersKVStore(toKVNamespace(memoryStore()));
  conformance(runner, "workersKVStore over a KV namespace over memory", overMemory, { wait });
  conformance(runner, "a stack of five over it", () => stackOfFive(overMemory()), { capabilities: ["listKeys"], wait });
}
