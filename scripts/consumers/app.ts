// A program for any runtime. Every bundler builds it, and `npm run consumers` runs each result.
import { KeyValueError, memoryStore } from "edge-key-value";
import { redisStore } from "edge-key-value/adapters/redis";
import { upstashStore } from "edge-key-value/adapters/upstash";
import { cached } from "edge-key-value/cached";
import { lock } from "edge-key-value/lock";
import { required } from "edge-key-value/views/required";
import { compress } from "edge-key-value/wrappers/compress";
import { encrypt } from "edge-key-value/wrappers/encrypt";
import { prefixKeys } from "edge-key-value/wrappers/prefix-keys";

const codeOf = (error: unknown) => (error instanceof KeyValueError ? error.code : String(error));

export async function results(): Promise<unknown[]> {
  const inner = memoryStore();
  const store = prefixKeys(compress(encrypt(inner, { keys: [{ id: "1", key: new Uint8Array(32) }] })), "tenant");
  await store.put("user", { text: "edge ".repeat(1000) }, { ttl: 60 });
  const user = await store.get<{ text: string }>("user");
  const twice = cached(inner, async (n: number) => n * 2, { key: String, ttl: 60 });
  const held = await lock(inner, "report", { ttl: 10 });
  await held.release();
  return [
    user?.text.length,
    (await inner.listKeys()).names,
    await twice(21),
    await required(inner).get("missing").catch(codeOf),
    // The clients are optional peer dependencies, and this project has none of them.
    await redisStore("redis://localhost").get("key").catch(codeOf),
    await upstashStore({ url: "https://redis.example", token: "none" }).get("key").catch(codeOf),
  ];
}

results().then((list) => console.log(`RESULTS ${JSON.stringify(list)}`));
