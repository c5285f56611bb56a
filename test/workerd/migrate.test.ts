import { env } from "cloudflare:workers";
import { describe, expect, it } from "#test";
import { durableObjectStore } from "../../src/adapters/durable-object.ts";
import { workersKVStore } from "../../src/adapters/workers-kv.ts";
import { toDriver } from "../../src/index.ts";
import { copy } from "../../src/migrate.ts";
import { migrating } from "../../src/wrappers/migrating.ts";
import { migrate } from "../support/migration.ts";
import { objects } from "./objects.ts";

const { KV } = env as { KV: KVNamespace };

describe("moving from Workers KV to Durable Objects", () => {
  for (const [seed, write] of [
    [1, "both"],
    [2, "to"],
  ] as const) {
    it(`loses nothing and brings nothing back while writers and a killed copy are at work, writing to ${write}`, async () => {
      const from = workersKVStore(KV, { keyPrefix: `seed ${seed}` });
      const to = durableObjectStore(objects("migrate"), { shards: 2 });
      const outlive = () => new Promise<void>((resolve) => setTimeout(resolve, 5100));
      await migrate({ from, to, seed, keys: 24, operations: 40, outlive, write, tombstoneTtl: 5 });
      await to.destroy();
    });
  }

  it("keeps deadlines to the millisecond, and creation times", async () => {
    const from = workersKVStore(KV, { keyPrefix: "times" });
    const to = durableObjectStore(objects("migrate"), { shards: 2 });
    const entries = [1, 2].map((i) => ({
      value: { i },
      createdAt: 1_700_000_000_000 + i,
      expiresAt: Date.now() + 1e8,
    }));
    await toDriver(from).write("c", [
      ["copied", entries[0]!],
      ["read", entries[1]!],
    ]);
    await migrating(from, to).get("read", { collection: "c" });
    const { copied, skipped, verified } = await copy(from, to);
    expect([copied, skipped, verified]).toEqual([1, 1, 1]);
    const found = await toDriver(to).read("c", ["copied", "read"]);
    expect(found).toEqual(entries.map((entry) => expect.objectContaining(entry)));
    await to.destroy();
  });
});
