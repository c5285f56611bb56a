/** Deno KV of the runtime that the tests run on: Deno's own, or `@deno/kv` on Node and Bun. */
import type { DenoKVClient } from "../../src/adapters/deno-kv.ts";

/** Deno KV as the tests use it beside the store. */
export interface TestKV extends DenoKVClient {
  set(key: readonly string[], value: unknown): Promise<unknown>;
  close(): void;
}

type OpenKV = (path: string) => Promise<TestKV>;

const { Deno } = globalThis as { Deno?: { openKv?: OpenKV } };
/** The store keeps bytes, so nothing needs V8's format, which Bun lacks. */
const noV8 = () => {
  throw new Error("only bytes are stored");
};
/** Whether Deno KV keeps nothing but bytes here. */
export const onlyBytes = "Bun" in globalThis;
const options = onlyBytes ? { encodeV8: noV8, decodeV8: noV8 } : {};

/** Opens a database: at a path, or in memory at `":memory:"`. */
export const openKv: OpenKV =
  Deno?.openKv ?? (async (path) => (await import("@deno/kv")).openKv(path, options) as unknown as TestKV);
