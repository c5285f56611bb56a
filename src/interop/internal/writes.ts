import type { AsyncKeyValue } from "../../core/protocol.ts";

/** What is written under a key, and its TTL in seconds. */
export type Write = readonly [key: string, value: unknown, ttl: number | undefined];

/** Writes values that have a TTL each, with one call for all that share it. Of a repeated key the last stays. */
export async function putEach(store: AsyncKeyValue, collection: string, writes: readonly Write[]): Promise<void> {
  const last = new Map(writes.map((write) => [write[0], write]));
  const groups = new Map<number | undefined, [key: string, value: unknown][]>();
  for (const [key, value, ttl] of last.values()) {
    const group = groups.get(ttl);
    if (group) group.push([key, value]);
    else groups.set(ttl, [[key, value]]);
  }
  await Promise.all([...groups].map(([ttl, pairs]) => store.putMany(pairs, { collection, ttl })));
}

/** Closes what the store itself opened, never a client that was handed to it. */
export async function close(store: AsyncKeyValue): Promise<void> {
  await (store as Partial<AsyncDisposable>)[Symbol.asyncDispose]?.();
}
