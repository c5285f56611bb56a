import fc from "fast-check";
import { describe, expect, it } from "#test";
import { memoryStore } from "../../src/index.ts";
import { compress } from "../../src/wrappers/compress.ts";
import { fernet, fernetKey } from "../../src/wrappers/fernet.ts";
import wire from "../fixtures/python-wire.json" with { type: "json" };

interface Envelope {
  __encrypted_data__: string;
  __encryption_version__: number;
}

/** An entry that Python wrote: what it put, and what stands in the envelope of the entry. */
function python(name: string) {
  const { value, stored } = wire.entries.find((entry) => entry.name === name)!;
  return { value, stored: JSON.parse(stored).value };
}

const { sourceMaterial, salt, derivedKeyUrlsafeBase64: key } = wire.fernet;
const keys = [key];
const other = new Uint8Array(32).fill(7);
const bytesOf = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
const urlSafe = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_");
const fromUrlSafe = (text: string) => bytesOf(atob(text.replaceAll("-", "+").replaceAll("_", "/")));

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error) => error,
  );
const codeOf = async (promise: Promise<unknown>) => (await failure(promise))?.code;

/** Signs the body of a token with the key of the tests. */
async function signed(body: Uint8Array): Promise<Uint8Array> {
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const signing = await crypto.subtle.importKey("raw", fromUrlSafe(key).slice(0, 16), hmac, false, ["sign"]);
  const mac = await crypto.subtle.sign("HMAC", signing, new Uint8Array(body));
  return new Uint8Array([...body, ...new Uint8Array(mac)]);
}

/** Runs while the runtime derives no bits, as Cloudflare's does for so many iterations. */
async function withoutDerivation(body: () => Promise<void>): Promise<void> {
  const { deriveBits } = crypto.subtle;
  const refuse = async () => {
    throw new DOMException("iteration counts above 100000 are not supported", "NotSupportedError");
  };
  Object.defineProperty(crypto.subtle, "deriveBits", { value: refuse, configurable: true, writable: true });
  try {
    await body();
  } finally {
    Object.defineProperty(crypto.subtle, "deriveBits", { value: deriveBits, configurable: true, writable: true });
  }
}

const envelope = (token: string, version = 1) => ({ __encrypted_data__: btoa(token), __encryption_version__: version });

describe("fernet", () => {
  it("reads what Python wrote, with the key or with what it is derived from", async () => {
    const inner = memoryStore();
    const { value, stored } = python("fernet");
    await inner.put("k", stored);
    expect(await fernet(inner, { keys }).get("k")).toEqual(value);
    expect(await fernet(inner, { keys: [other, fromUrlSafe(key)] }).get("k")).toEqual(value);
    const derived = fernet(inner, { sourceMaterial, salt });
    expect(await derived.get("k")).toEqual(value);
    await derived.put("mine", { x: 1 });
    expect(await fernet(inner, { keys }).get("mine")).toEqual({ x: 1 });
  }, 30_000);

  it("derives the key that Python derives", async () => {
    expect(await fernetKey(sourceMaterial, salt)).toBe(key);
  }, 30_000);

  it("reads what Python compressed first and then encrypted", async () => {
    const inner = memoryStore();
    const { value, stored } = python("gzip then fernet");
    await inner.put("k", stored);
    expect(await compress(fernet(inner, { keys })).get("k")).toEqual(value);
  });

  it("writes a token by the specification, padded and encoded twice", async () => {
    const inner = memoryStore();
    const before = Math.floor(Date.now() / 1000);
    await fernet(inner, { keys }).put("k", { x: "é" });
    const stored = (await inner.get<Envelope>("k"))!;
    expect(Object.keys(stored).sort()).toEqual(["__encrypted_data__", "__encryption_version__"]);
    expect(stored.__encryption_version__).toBe(1);
    const text = atob(stored.__encrypted_data__);
    expect(text).toMatch(/^gAAAA[\w-]+=*$/);
    expect(text.length % 4).toBe(0);
    const token = fromUrlSafe(text);
    const time = Number(new DataView(token.buffer).getBigUint64(1));
    expect(time >= before && time <= before + 5).toBe(true);
    expect([...(await signed(token.slice(0, -32)))]).toEqual([...token]);
    const aes = await crypto.subtle.importKey("raw", fromUrlSafe(key).slice(16), "AES-CBC", false, ["decrypt"]);
    const plain = await crypto.subtle.decrypt({ name: "AES-CBC", iv: token.slice(9, 25) }, aes, token.slice(25, -32));
    expect(new TextDecoder().decode(plain)).toBe('{"x":"é"}');
  });

  it("gives any JSON value back, also one that looks like an envelope, and never repeats a token", async () => {
    const inner = memoryStore();
    const store = fernet(inner, { keys });
    const seen = new Set<string>();
    let runs = 0;
    const json = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom("same", python("fernet").stored, envelope("x"), [python("gzip").stored]),
    );
    await fc.assert(
      fc.asyncProperty(
        json.filter((value) => value !== null),
        async (value) => {
          await store.put("k", value);
          expect(await store.get("k")).toEqual(JSON.parse(JSON.stringify(value)));
          seen.add((await inner.get<Envelope>("k"))!.__encrypted_data__);
          runs++;
        },
      ),
    );
    expect(seen.size).toBe(runs);
  });

  it("catches the change of every byte, and of every character of its text", async () => {
    const inner = memoryStore();
    const store = fernet(inner, { keys: [key, other] });
    await store.put("k", "v");
    const { __encrypted_data__: data } = (await inner.get<Envelope>("k"))!;
    const text = atob(data);
    const token = fromUrlSafe(text);
    const refuse = async (changed: unknown) => {
      await inner.put("k", { __encrypted_data__: changed, __encryption_version__: 1 });
      expect(await codeOf(store.get("k"))).toBe("tampered");
    };
    for (let at = 0; at < token.length; at++) {
      const changed = token.slice();
      changed[at]! ^= 1;
      await refuse(btoa(urlSafe(changed)));
      await refuse(btoa(urlSafe(token.slice(0, at))));
    }
    for (let at = 0; at < data.length; at++) {
      const changed = data.slice(0, at) + (data[at] === "A" ? "B" : "A") + data.slice(at + 1);
      await refuse(changed);
    }
    for (let at = 0; at < text.length; at++) {
      for (const mark of ["+", "/", "=", "\n", "A"]) {
        if (text[at] !== mark) await refuse(btoa(text.slice(0, at) + mark + text.slice(at + 1)));
      }
    }
    for (const changed of ["", 5, null, [data], `${data}\n`, text, btoa(`${text}====`)]) await refuse(changed);
  });

  it("refuses an unpadded token, as Python does", async () => {
    const inner = memoryStore();
    await fernet(inner, { keys }).put("k", "v");
    const text = atob((await inner.get<Envelope>("k"))!.__encrypted_data__);
    expect(text.endsWith("=")).toBe(true);
    await inner.put("k", envelope(text.replace(/=+$/, "")));
    expect(await codeOf(fernet(inner, { keys }).get("k"))).toBe("tampered");
  });

  it("refuses a signed token that is no JSON value of this library", async () => {
    const inner = memoryStore();
    const head = [0x80, 0, 0, 0, 0, 0, 0, 0, 1, ...new Uint8Array(16)];
    const aes = await crypto.subtle.importKey("raw", fromUrlSafe(key).slice(16), "AES-CBC", false, ["encrypt"]);
    const bodies = [[], [...new Uint8Array(16)], [...new Uint8Array(15)]];
    for (const plain of ["", "{", "null", "NaN"]) {
      const iv = new Uint8Array(16);
      const sealed = await crypto.subtle.encrypt({ name: "AES-CBC", iv }, aes, new TextEncoder().encode(plain));
      bodies.push([...new Uint8Array(sealed)]);
    }
    for (const body of bodies) {
      await inner.put("k", envelope(urlSafe(await signed(new Uint8Array([...head, ...body])))));
      expect(await codeOf(fernet(inner, { keys }).get("k"))).toBe("corrupted");
    }
    await inner.put("k", { ...python("fernet").stored, __encryption_version__: 2 });
    expect(await codeOf(fernet(inner, { keys }).get("k"))).toBe("corrupted");
  });

  it("encrypts with the first key and decrypts with all", async () => {
    const inner = memoryStore();
    await fernet(inner, { keys: [other] }).put("k", 1);
    const rotated = fernet(inner, { keys: [key, other] });
    expect(await rotated.increment("k")).toBe(2);
    expect(await fernet(inner, { keys }).get("k")).toBe(2);
    expect(await codeOf(fernet(inner, { keys: [other] }).get("k"))).toBe("tampered");
  });

  it("refuses plain values unless they are allowed, and misses on request", async () => {
    const inner = memoryStore();
    await inner.put("k", { plain: true });
    expect(await codeOf(fernet(inner, { keys }).get("k"))).toBe("not_encrypted");
    expect(await fernet(inner, { keys, allowPlaintext: true }).get("k")).toEqual({ plain: true });
    const missing = fernet(inner, { keys, onFailure: "miss" });
    expect(await missing.get("k")).toBe(null);
    expect(await missing.putIfAbsent("k", 1)).toBe(true);
    expect(await missing.get("k")).toBe(1);
  });

  it("says what to do where the runtime refuses so many iterations, as Cloudflare does", () =>
    withoutDerivation(async () => {
      const store = fernet(memoryStore(), { sourceMaterial: "a", salt: "b", onFailure: "miss" });
      const error = await failure(store.put("k", 1));
      expect([error.name, error.code, error.key]).toEqual(["KeyValueError", "misconfigured", "k"]);
      expect(error.message).toContain("fernetKey");
      expect(await codeOf(fernetKey("a", "b"))).toBe("misconfigured");
    }));

  it("never takes an entry for missing because the runtime refuses to derive the key", () =>
    withoutDerivation(async () => {
      const inner = memoryStore();
      await fernet(inner, { keys }).put("k", 1);
      const store = fernet(inner, { sourceMaterial, salt, onFailure: "miss" });
      const error = await failure(store.get("k"));
      expect([error?.name, error?.code, error?.key]).toEqual(["KeyValueError", "misconfigured", "k"]);
      expect(await codeOf(store.putIfAbsent("k", 2))).toBe("misconfigured");
      expect(await fernet(inner, { keys }).get("k")).toBe(1);
    }));

  it("copies raw keys, so that the caller may overwrite them before the first use", async () => {
    // The `slice` of Node's Buffer returns a view of the same memory.
    class SharesMemory extends Uint8Array<ArrayBuffer> {
      override slice(start?: number, end?: number) {
        return this.subarray(start, end);
      }
    }
    for (const raw of [fromUrlSafe(key), new SharesMemory(fromUrlSafe(key).buffer)]) {
      const inner = memoryStore();
      const store = fernet(inner, { keys: [raw] });
      raw.fill(9);
      await store.put("k", 1);
      expect(await fernet(inner, { keys }).get("k")).toBe(1);
    }
  });

  it("refuses keys of the wrong kind", async () => {
    const make = (options: unknown) => () => fernet(memoryStore(), options as never);
    for (const bad of [key.slice(0, -1), key.replaceAll("-", "+"), "", new Uint8Array(16), 32, null]) {
      expect(make({ keys: [bad] })).toThrow(TypeError);
    }
    for (const options of [{ keys: [] }, {}, { sourceMaterial: "a" }, { sourceMaterial: 1, salt: "b" }]) {
      expect(make(options)).toThrow(TypeError);
    }
  });
});
