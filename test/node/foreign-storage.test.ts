import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import KeyvRedis from "@keyv/redis";
import fsDriver from "unstorage/drivers/fs";
import redisDriver from "unstorage/drivers/redis";
import s3Driver from "unstorage/drivers/s3";
import { afterAll, beforeAll, describe, expect, it } from "#test";
import { type KeyvStorage, keyvStore } from "../../src/adapters/keyv.ts";
import { unstorageStore } from "../../src/adapters/unstorage.ts";
import { conformance } from "../../src/conformance/index.ts";
import type { KeyValueError } from "../../src/index.ts";
import { movedClock } from "../support/clock.ts";
import { everyCombination } from "../support/combinations.ts";
import { type RedisProcess, startRedis, withoutRedis } from "../support/redis-tcp.ts";

const runner = { describe, it, expect };
const wait = movedClock();
const folder = mkdtempSync(join(tmpdir(), "ekv-foreign-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const options = { capabilities: ["listKeys", "listCollections", "destroyCollection"], ordered: true, wait } as const;
const strong = { consistency: "strong", listings: true } as const;

conformance(
  runner,
  "files, by fs of unstorage",
  () => unstorageStore(fsDriver({ base: join(folder, "fs") }), strong),
  options,
);

describe("S3 by unstorage", () => {
  /** As much of S3 as the driver uses, but for its signatures. */
  const objects = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    const { method, url = "" } = request;
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      if (method === "PUT") objects.set(url, Buffer.concat(chunks));
      const object = objects.get(url);
      if (method === "DELETE") objects.delete(url);
      response.writeHead(object ? 200 : method === "DELETE" ? 204 : 404).end(method === "GET" ? object : undefined);
    });
  });
  let endpoint: string;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    endpoint = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  });
  afterAll(() => void server.close());

  const account = { accessKeyId: "id", secretAccessKey: "secret", bucket: "bucket", region: "auto" };
  const store = () => unstorageStore(s3Driver({ endpoint, ...account }), { consistency: "strong" });
  conformance(runner, "s3 of unstorage", store, { capabilities: [], wait });

  it("has names that survive in a URL", async () => {
    objects.clear();
    await store().put("a/b c%41?", 1, { collection: "Ü" });
    expect([...objects.keys()]).toEqual(["/bucket/_dc/a_2fb_20c_2541_3f"]);
  });
});

describe("redis by other packages", () => {
  if (withoutRedis) {
    it.skip(withoutRedis, () => {});
    return;
  }
  let server: RedisProcess;
  let driver: ReturnType<typeof redisDriver> | undefined;
  let adapter: KeyvRedis<unknown> | undefined;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(async () => {
    await driver?.dispose?.();
    await adapter?.disconnect(true);
    await server.stop();
  });

  const overDriver = () => unstorageStore((driver ??= redisDriver({ url: server.url(1) })), strong);
  // Otherwise `fs` and `s3` show that the store works with drivers of unstorage, and `@keyv/redis` with such a server.
  if (everyCombination) conformance(runner, "redis of unstorage", overDriver, options);

  const overAdapter = () => keyvStore((adapter ??= new KeyvRedis(server.url(2))) as KeyvStorage, strong);
  conformance(runner, "@keyv/redis", overAdapter, options);

  it("fails by @keyv/redis when the server is gone, which the adapter only emits", async () => {
    const gone = new KeyvRedis("redis://127.0.0.1:1", { connectionTimeout: 100, throwOnConnectError: false });
    const store = keyvStore(gone as KeyvStorage);
    for (const call of [() => store.get("k"), () => store.put("k", 1), () => store.delete("k")]) {
      const failure = await call().then(
        () => undefined,
        (error: KeyValueError) => error,
      );
      expect([failure?.name, failure?.key]).toEqual(["KeyValueError", "k"]);
    }
  });
});
