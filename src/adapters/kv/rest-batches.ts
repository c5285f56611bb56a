import { KeyValueError } from "../../core/errors.ts";
import { NAME } from "./calls.ts";
import type { ApiCall } from "./rest-api.ts";

/** Pairs or names in one bulk request, and its bytes: developers.cloudflare.com/api/resources/kv. */
const BULK_ITEMS = 10_000;
const BULK_BYTES = 100_000_000;

/** What waits to be sent with others of its kind. */
interface Waiting {
  readonly name: string;
  /** The item of the request, as JSON. */
  readonly text: string;
  done(): void;
  fail(cause: unknown): void;
}

/** Collects what is asked for in one turn, and sends it together. */
export function batched(call: ApiCall, method: string, path: string): (name: string, item: unknown) => Promise<void> {
  let waiting: Waiting[] = [];

  async function flush(): Promise<void> {
    const all = waiting;
    waiting = [];
    await Promise.all(chunksOf(all).map(sendChunk));
  }

  async function sendChunk(chunk: readonly Waiting[]): Promise<void> {
    try {
      const { result } = await call(method, path, `[${chunk.map(({ text }) => text).join(",")}]`);
      const { unsuccessful_keys: failed } = Object(result) as { readonly unsuccessful_keys?: unknown };
      const names = new Set(Array.isArray(failed) ? failed : []);
      for (const { name, done, fail } of chunk) {
        if (names.has(name))
          fail(new KeyValueError("unavailable", "Workers KV did not write this key", { store: NAME }));
        else done();
      }
    } catch (cause) {
      for (const { fail } of chunk) fail(cause);
    }
  }

  return (name, item) =>
    new Promise((done, fail) => {
      if (waiting.length === 0) queueMicrotask(flush);
      waiting.push({ name, text: JSON.stringify(item), done, fail });
    });
}

/** Splits what waits by the limits of one request. */
function chunksOf(waiting: readonly Waiting[]): Waiting[][] {
  const chunks: Waiting[][] = [];
  let room = 0;
  for (const one of waiting) {
    // A UTF-16 unit has at most three bytes of UTF-8.
    const size = one.text.length * 3 + 1;
    if (chunks.length === 0 || size > room || (chunks.at(-1) as Waiting[]).length >= BULK_ITEMS) {
      chunks.push([]);
      room = BULK_BYTES;
    }
    room -= size;
    chunks.at(-1)?.push(one);
  }
  return chunks;
}
