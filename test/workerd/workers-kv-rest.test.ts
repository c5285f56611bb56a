import { env } from "cloudflare:workers";
import { describe, expect, it } from "#test";
import { workersKVStore } from "../../src/adapters/workers-kv.ts";
import { workersKVRestStore } from "../../src/adapters/workers-kv-rest.ts";
import { ACCESS, kvApi, type Namespace } from "../support/kv-rest.ts";

const { KV } = env as { KV: KVNamespace };

const overRest = () =>
  workersKVRestStore({ ...ACCESS, keyPrefix: "rest", fetch: kvApi(() => KV as unknown as Namespace) });

describe("a binding and the REST API", () => {
  it("see the same entries", async () => {
    const rest = overRest();
    const binding = workersKVStore(KV, { keyPrefix: "rest" });
    const at = { collection: "both" };
    const long = "n".repeat(600);
    for (const [from, to, key] of [
      [rest, binding, "by REST"],
      [binding, rest, "by the binding"],
      [rest, binding, `REST ${long}`],
      [binding, rest, `binding ${long}`],
    ] as const) {
      await from.putMany(
        [
          [key, { a: [1, "é"] }],
          ["same", key],
        ],
        { ...at, ttl: 600 },
      );
      expect(await to.getMany([key, "same"], at)).toEqual([{ a: [1, "é"] }, key]);
      expect(((await to.ttl(key, at))?.ttl ?? 0) > 590).toBe(true);
    }
    expect((await rest.listKeys(at)).names).toEqual((await binding.listKeys(at)).names);
    expect((await rest.listKeys(at)).names.length).toBe(5);
    const name = "rest::both::by REST";
    const written = await KV.getWithMetadata(name);
    await binding.put("by REST", { a: [1, "é"] }, { ...at, ttl: 600 });
    const { value, metadata } = await KV.getWithMetadata<{ v: number }>(name);
    expect([value, Object.keys(metadata ?? {})]).toEqual([written.value, Object.keys(written.metadata ?? {})]);
    expect(await rest.deleteMany(["by REST", "by the binding", "never"], at)).toBe(2);
    expect(await binding.get("by REST", at)).toBe(null);
    expect(await rest.destroyCollection(at)).toBe(true);
    expect((await binding.listKeys(at)).names).toEqual([]);
  });
});
