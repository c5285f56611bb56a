import { utf8 } from "../../src/core/bytes.ts";
import { randomOf } from "./chaos.ts";

/** One call to a KV namespace, ready to be made to several. */
export interface KVCall {
  readonly method: "get" | "getWithMetadata" | "put" | "delete" | "list";
  /** Makes the arguments anew for each namespace: a stream is read once, and each has cursors of its own. */
  readonly args: (cursor?: string) => unknown[];
}

const KEYS = ["a", "a/b", "a:b", "a b?#%41", "b", "é", "\uFF5E", "😀", "😀 2", "x".repeat(512), "user:1", "user:2"];
const MALFORMED = "a\uD800";
const BAD_KEYS = ["", ".", "..", "x".repeat(513), "é".repeat(257)];
const PREFIXES = [undefined, null, "", "a", "a/", "u", "😀", "zzz", "x".repeat(512), "x".repeat(513)];
const TEXTS = ["", "plain", "null", "7", '{"a":[1,"é"]}', "not { json", "😀".repeat(40)];
const TYPES = ["text", "json", "arrayBuffer", "stream", "blob"];
// Only ASCII: workerd logs a warning for each other one.
const METADATA = [null, 0, "", { tag: "\n" }, [1, [2]], "m".repeat(1022), "m".repeat(1023), { at: new Date(0) }, 1n];

/**
 * Returns a generator of random calls that Workers KV takes or refuses.
 *
 * Not among them: a bulk read whose keys fail in two ways, where the first in order decides; a malformed key beside a
 * wrong value, which workerd finds first; and keys that are whole numbers or malformed in a bulk read, which workerd
 * drops and changes.
 */
export function randomCalls(seed: number): () => KVCall {
  const random = randomOf(seed);
  const upTo = (count: number): number => Math.floor(random() * count);
  const one = <T>(values: readonly T[]): T => values[upTo(values.length)] as T;
  const seldom = (): boolean => upTo(12) === 0;
  const key = (): string => (seldom() ? one([...BAD_KEYS, MALFORMED]) : one(KEYS));

  function bytes(): Uint8Array<ArrayBuffer> {
    return seldom() ? Uint8Array.from({ length: upTo(40) }, () => upTo(256)) : utf8(one(TEXTS));
  }

  function value(): () => unknown {
    const content = bytes();
    switch (upTo(7)) {
      case 0:
        return () => content.buffer;
      case 1:
        return () => new DataView(content.buffer, content.length >> 1);
      case 2: {
        const half = content.length >> 1;
        return () =>
          new ReadableStream({
            start(controller) {
              for (const part of [content.slice(0, half), content.slice(half)]) {
                if (part.length > 0) controller.enqueue(part);
              }
              controller.close();
            },
          });
      }
      case 3:
        return seldom() ? () => ({ no: "value" }) : () => 5;
      default: {
        const text = one(TEXTS);
        return () => text;
      }
    }
  }

  function life(): object {
    const now = Math.floor(Date.now() / 1000);
    switch (upTo(5)) {
      case 0:
        return { expirationTtl: one([60, 90.9, 3600, 2 ** 30, 59, 0, -1, 1e10, undefined]) };
      case 1:
        return { expiration: one([now + 100, now + 10_000, now + 5, now - 5, 0, 1e15]) };
      case 2:
        return { expirationTtl: 600, expiration: one([now + 9999, 1]) };
      default:
        return {};
    }
  }

  function readOptions(types: readonly string[]): unknown {
    switch (upTo(4)) {
      case 0:
        return undefined;
      case 1:
        return { type: one([undefined, ...types]), cacheTtl: one([undefined, 30, 60, 29, 0]) };
      default:
        return one(types);
    }
  }

  return () => {
    const method = one(["get", "getWithMetadata"] as const);
    switch (upTo(9)) {
      case 0:
      case 1: {
        const args = [key(), readOptions(TYPES)];
        return { method, args: () => args };
      }
      case 2: {
        const keys = seldom()
          ? one([[], [...Array(101).keys()].map((i) => `k${i}`), [one(BAD_KEYS)]])
          : Array.from({ length: 1 + upTo(5) }, () => one(KEYS));
        const options = readOptions(seldom() ? TYPES : ["text", "json"]);
        return { method, args: () => [keys, options] };
      }
      case 3: {
        const args = [key()];
        return { method: "delete", args: () => args };
      }
      case 4: {
        const options = { prefix: one(PREFIXES), limit: one([undefined, 1, 2, 5, 1000, 1001, 0, 2.5]) };
        return { method: "list", args: (cursor) => [{ ...options, cursor }] };
      }
      default: {
        const name = key();
        if (name === MALFORMED) return { method: "put", args: () => [name, "text"] };
        const body = value();
        const options = { ...life(), ...(upTo(3) === 0 && { metadata: one(METADATA) }) };
        return { method: "put", args: () => [name, body(), options] };
      }
    }
  };
}

/** What became of a call, in a form that can be compared. */
export interface KVOutcome {
  readonly answer?: unknown;
  /** Of a failure: its class, and the HTTP status in its message. */
  readonly thrown?: string | undefined;
  readonly status?: string | undefined;
}

/** Makes a call to a namespace. */
export async function outcomeOf(namespace: object, { method, args }: KVCall, cursor?: string): Promise<KVOutcome> {
  try {
    const methods = namespace as Record<string, (...args: unknown[]) => Promise<unknown>>;
    return { answer: await plain(await methods[method]?.(...args(cursor))) };
  } catch (error) {
    const kinds = [TypeError, SyntaxError, RangeError, Error];
    const { message } = error as Error;
    return {
      thrown: kinds.find((kind) => error instanceof kind)?.name,
      status: /failed: (\d{3})\b/.exec(message)?.[1],
    };
  }
}

async function plain(answer: unknown): Promise<unknown> {
  if (answer instanceof ReadableStream) return [...new Uint8Array(await new Response(answer).arrayBuffer())];
  if (answer instanceof ArrayBuffer) return [...new Uint8Array(answer)];
  if (answer instanceof Map) return Promise.all([...answer].map(async ([key, value]) => [key, await plain(value)]));
  const value = (answer as { value?: unknown } | null | undefined)?.value;
  return value instanceof Object ? { ...(answer as object), value: await plain(value) } : answer;
}
