import fc from "fast-check";
import { describe, expect, it } from "#test";
import { memoryStore, toDriver } from "../../src/index.ts";
import { compress } from "../../src/wrappers/compress.ts";
import wire from "../fixtures/python-wire.json" with { type: "json" };

const long = { text: "the quick brown fox ".repeat(200) };

/** The code of the error that a promise rejects with, or what it resolves to. */
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    (value) => ({ value }),
    (error) => error.code ?? error,
  );

function envelope(data: string, algorithm: unknown = "gzip", version: unknown = 1) {
  return { __compressed_data__: data, __compression_algorithm__: algorithm, __compression_version__: version };
}

async function compressed(text: string, format: CompressionFormat = "gzip"): Promise<string> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream(format));
  return btoa(String.fromCharCode(...new Uint8Array(await new Response(stream).arrayBuffer())));
}

describe("compress", () => {
  it("stores long values in the envelope of Python's library and gives them back", async () => {
    const inner = memoryStore();
    const store = compress(inner);
    await store.put("k", long, { ttl: 60 });
    const stored = await inner.ttl<Record<string, unknown>>("k");
    expect(Object.keys(stored?.value ?? {}).sort()).toEqual([
      "__compressed_data__",
      "__compression_algorithm__",
      "__compression_version__",
    ]);
    expect(stored?.value.__compression_algorithm__).toBe("gzip");
    expect(stored?.value.__compression_version__).toBe(1);
    expect(stored?.ttl).toBeGreaterThan(50);
    expect(await store.get("k")).toEqual(long);
    expect((await store.ttl("k"))?.value).toEqual(long);
  });

  it("reads what Python wrote", async () => {
    const entry = wire.entries.find(({ name }) => name === "gzip")!;
    const inner = memoryStore();
    await inner.put("k", JSON.parse(entry.stored).value);
    expect(await compress(inner).get("k")).toEqual(entry.value);
  });

  it("writes what the standard gzip gives back as JSON", async () => {
    const inner = memoryStore();
    await compress(inner).put("k", long);
    const { __compressed_data__: data } = (await inner.get<{ __compressed_data__: string }>("k"))!;
    const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
    expect([...bytes.slice(0, 2)]).toEqual([0x1f, 0x8b]);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    expect(await new Response(stream).json()).toEqual(long);
  });

  it("leaves values alone whose JSON is shorter than minBytes of UTF-8", async () => {
    const inner = memoryStore();
    const store = compress(inner);
    for (const [value, plain] of [
      ["a".repeat(1021), true], // 1,023 bytes with its quotes
      ["a".repeat(1022), false],
      [`${"é".repeat(510)}a`, true],
      ["é".repeat(511), false],
    ] as const) {
      await store.put("k", value);
      expect((await inner.get("k")) === value).toBe(plain);
      expect(await store.get("k")).toBe(value);
    }
    await compress(inner, { minBytes: 0 }).put("k", "a".repeat(300));
    expect(typeof (await inner.get("k"))).toBe("object");
  });

  it("stores the plain value where the envelope would not be smaller", async () => {
    const inner = memoryStore();
    const noise = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(1500))));
    const store = compress(inner);
    await store.put("k", noise);
    expect(await inner.get("k")).toBe(noise);
    expect(await store.get("k")).toBe(noise);
  });

  it("gives values that look like an envelope back as themselves, also short and incompressible ones", async () => {
    const inner = memoryStore();
    const store = compress(inner);
    const real = envelope(await compressed(JSON.stringify({ other: true })));
    for (const value of [real, envelope("no base64"), { __compressed_data__: 1 }, { ...real, more: long }]) {
      await store.put("k", value);
      expect(await store.get("k")).toEqual(value);
      expect(await inner.get("k")).not.toEqual(value);
    }
  });

  it("gives any JSON value back", async () => {
    const store = compress(memoryStore(), { minBytes: 0 });
    const json = fc.oneof(
      fc.jsonValue(),
      fc.record({ __compressed_data__: fc.jsonValue(), __compression_version__: fc.constantFrom(1, 2) }),
    );
    await fc.assert(
      fc.asyncProperty(
        json.filter((value) => value !== null),
        async (value) => {
          await store.put("k", value);
          expect(await store.get("k")).toEqual(JSON.parse(JSON.stringify(value)));
        },
      ),
      { numRuns: 100 },
    );
    for (const value of ["\ud800 alone", "\ufeffmark", 0, false, "", [], {}]) {
      await store.put("k", value);
      expect(await store.get("k")).toEqual(value);
    }
  });

  it("names its format in the envelope and reads every format of the runtime", async () => {
    const inner = memoryStore();
    for (const format of ["deflate", "deflate-raw", "gzip"]) {
      await compress(inner, { format }).put(format, long);
      expect((await inner.get<ReturnType<typeof envelope>>(format))?.__compression_algorithm__).toBe(format);
      expect(await compress(inner).get(format)).toEqual(long);
    }
  });

  it("says when the runtime does not know the format, and writes nothing", async () => {
    const inner = memoryStore();
    expect(await codeOf(compress(inner, { format: "lzma" }).put("k", long))).toBe("misconfigured");
    expect(await inner.get("k")).toBe(null);
  });

  it("answers every kind of damage with code corrupted, which names the place", async () => {
    const inner = memoryStore();
    const store = compress(inner);
    const data = await compressed(JSON.stringify(long));
    const flipped = `${data.slice(0, 40)}${data[40] === "A" ? "B" : "A"}${data.slice(41)}`;
    for (const value of [
      envelope(flipped),
      envelope(data.slice(0, -8)),
      envelope(`${data.slice(0, 8)} ${data.slice(8)}`),
      envelope(""),
      envelope("no base64!"),
      envelope(data, "lzma"),
      envelope(data, 7),
      envelope(data, "gzip", 2),
      envelope(await compressed("{not json")),
      envelope(await compressed("null")),
      envelope(await compressed("")),
      { __compressed_data__: data },
      { ...envelope(data), __compressed_data__: [data] },
    ]) {
      await inner.put("k", value, { collection: "c" });
      const error = await store.get("k", { collection: "c" }).then(
        () => undefined,
        (error) => error,
      );
      expect(error?.code).toBe("corrupted");
      expect([error.store, error.collection, error.key]).toEqual(["memory", "c", "k"]);
      expect(error.message).not.toContain(data.slice(0, 20));
    }
  });

  it("stops a bomb at maxBytes, and refuses to write what it would not read", async () => {
    const inner = memoryStore();
    await inner.put("bomb", envelope(await compressed(`"${"0".repeat(30_000_000)}"`)));
    expect(await codeOf(compress(inner).get("bomb"))).toBe("too_large");
    const small = compress(inner, { maxBytes: 2000 });
    await small.put("fits", "a".repeat(1998));
    expect(await small.get("fits")).toBe("a".repeat(1998));
    const error = await small.put("fits not", "a".repeat(1999)).then(
      () => undefined,
      (error) => error,
    );
    expect([error?.code, error?.size, error?.limit]).toEqual(["too_large", 2001, 2000]);
    expect(await inner.get("fits not")).toBe(null);
    expect(toDriver(small).limits?.valueBytes).toBe(2000);
  });

  it("bounds what the values of one call expand to together, and reads them one at a time", async () => {
    const inner = memoryStore();
    const maxBytes = 1_000_000;
    const store = compress(inner, { maxBytes });
    const keys = Array.from({ length: 40 }, (_, i) => `k${i}`);
    const bomb = envelope(await compressed(`"${"0".repeat(300_000)}"`));
    await inner.putMany(keys.map((key) => [key, bomb]));
    let open = 0;
    let most = 0;
    let out = 0;
    const { DecompressionStream: real } = globalThis;
    globalThis.DecompressionStream = class {
      readonly readable: ReadableStream;
      readonly writable: WritableStream;
      constructor(format: CompressionFormat) {
        most = Math.max(most, ++open);
        const count = new TransformStream<Uint8Array, Uint8Array>({
          transform(piece, controller) {
            out += piece.length;
            controller.enqueue(piece);
          },
        });
        const { readable, writable } = new real(format);
        const ended = () => open--;
        readable.pipeTo(count.writable).then(ended, ended);
        this.readable = count.readable;
        this.writable = writable;
      }
    } as typeof DecompressionStream;
    try {
      expect(await codeOf(store.getMany(keys))).toBe("too_large");
      expect(await codeOf(store.ttlMany(keys))).toBe("too_large");
      expect(await store.getMany(keys.slice(0, 3))).toEqual(Array(3).fill("0".repeat(300_000)));
      expect(await store.get("k39")).toBe("0".repeat(300_000));
    } finally {
      globalThis.DecompressionStream = real;
    }
    // The stream before may end only while the next one starts.
    expect(most).toBeLessThanOrEqual(2);
    // Of 24 MB in two calls with all their values.
    expect(out).toBeLessThanOrEqual(5_000_000);
  });

  it("decompresses little more of a bomb than maxBytes, also where all that a piece gives comes at once", async () => {
    const inner = memoryStore();
    await inner.put("bomb", envelope(btoa("\0".repeat(500_000))));
    let out = 0;
    const { DecompressionStream: real } = globalThis;
    globalThis.DecompressionStream = class extends TransformStream {
      constructor() {
        super({
          transform(piece: Uint8Array, controller) {
            const all = new Uint8Array(100 * piece.length);
            out += all.length;
            controller.enqueue(all);
          },
        });
      }
    } as typeof DecompressionStream;
    try {
      expect(await codeOf(compress(inner, { maxBytes: 1_000_000 }).get("bomb"))).toBe("too_large");
    } finally {
      globalThis.DecompressionStream = real;
    }
    // Of 50 MB.
    expect(out).toBeGreaterThan(1_000_000);
    expect(out).toBeLessThanOrEqual(10_000_000);
  });

  it("keeps the atomic operations and listings", async () => {
    const store = compress(memoryStore(), { minBytes: 0 });
    expect(await store.putIfAbsent("k", long)).toBe(true);
    expect(await store.putIfAbsent("k", 1)).toBe(false);
    expect(await store.update<typeof long>("k", (value) => ({ text: `${value?.text}!` }))).toEqual({
      text: `${long.text}!`,
    });
    expect((await store.listKeys()).names).toEqual(["k"]);
    expect(await store.take("k")).toEqual({ text: `${long.text}!` });
    await Promise.all(Array.from({ length: 20 }, () => store.increment("n")));
    expect(await store.get("n")).toBe(20);
  });

  it("goes through the methods of a store that somebody else made", async () => {
    const seen: unknown[] = [];
    const inner = memoryStore();
    const put: typeof inner.put = (key, value, options) => {
      seen.push(key);
      return inner.put(key, value, options);
    };
    const store = compress({ ...inner, put });
    await store.put("k", long);
    expect(seen).toEqual(["k"]);
    expect(await store.get("k")).toEqual(long);
    expect("putIfAbsent" in store).toBe(false);
  });

  it("refuses options of the wrong type", () => {
    expect(() => compress(memoryStore(), { minBytes: -1 })).toThrow(TypeError);
    expect(() => compress(memoryStore(), { maxBytes: "1" as never })).toThrow(TypeError);
  });
});
