import { env } from "cloudflare:workers";
import { describe, expect, it } from "#test";
import { durableObjectStore } from "../../src/adapters/durable-object.ts";
import type { KeyValueObject } from "../../src/adapters/key-value-object.ts";
import { workersKVStore } from "../../src/adapters/workers-kv.ts";
import { createApp } from "../../worker-example/app.ts";

const { OBJECTS, KV } = env as unknown as {
  readonly OBJECTS: DurableObjectNamespace<KeyValueObject>;
  readonly KV: KVNamespace;
};

const origin = "https://shop.example";

describe("the example on Durable Objects and Workers KV", () => {
  it("shares its sessions and its cache between instances, until the session expires", async () => {
    let loads = 0;
    const load = async () => {
      loads++;
      return { days: [], products: [] };
    };
    const secret = "a secret";
    const instance = () =>
      createApp({ sessions: durableObjectStore(OBJECTS), secret, cache: workersKVStore(KV), load });
    const form = { method: "POST", body: new URLSearchParams({ name: "Ann" }), headers: { origin } };
    const signedIn = await instance().request(`${origin}/sign-in`, form);
    const cookie = signedIn.headers.get("set-cookie")?.split(";")[0] as string;
    const visit = () => instance().request(`${origin}/`, { headers: { cookie } });

    const first = await (await visit()).text();
    expect(first).toContain("Cache miss");
    expect(first).toContain("<code>durable-object</code> (strong consistency)");
    expect(first).toContain("<code>workers-kv</code> (eventual consistency)");
    expect(await (await visit()).text()).toContain("Cache hit");
    expect(loads).toBe(1);

    const { now } = Date;
    try {
      Date.now = () => now() + 29 * 60_000;
      expect((await visit()).status).toBe(200);
      Date.now = () => now() + 58 * 60_000;
      expect((await visit()).status).toBe(200);
      Date.now = () => now() + 89 * 60_000;
      expect((await visit()).headers.get("location")).toBe("/sign-in");
    } finally {
      Date.now = now;
    }
  });
});
