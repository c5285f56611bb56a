import type { WorkersKV, WorkersKVValue } from "../../src/adapters/workers-kv.ts";

/** A KV namespace in memory, for tests that need no simulator; `stored` is what it holds. */
export function kvInMemory() {
  const stored = new Map<string, WorkersKVValue>();
  const storedAt = (name: string): WorkersKVValue => stored.get(name) ?? { value: null, metadata: null };
  const binding = {
    async getWithMetadata(names: string | string[]) {
      return typeof names === "string" ? storedAt(names) : new Map(names.map((name) => [name, storedAt(name)]));
    },
    async put(name: string, value: string, { metadata }: { metadata: unknown }) {
      stored.set(name, { value, metadata: structuredClone(metadata) });
    },
    async delete(name: string) {
      stored.delete(name);
    },
    async list({ prefix }: { prefix: string }) {
      const names = [...stored.keys()].sort().filter((name) => name.startsWith(prefix));
      return { keys: names.map((name) => ({ name, metadata: storedAt(name).metadata })), list_complete: true };
    },
  } as WorkersKV;
  return { binding, stored };
}
