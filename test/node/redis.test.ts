import { execFile } from "node:child_process";
import { connect, createServer, type Socket } from "node:net";
import { promisify } from "node:util";
import { createClient } from "@redis/client";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "#test";
import { type NodeRedisClient, redisStore } from "../../src/adapters/redis.ts";
import { type KeyValueError, type Page, toDriver } from "../../src/index.ts";
import { tryLock } from "../../src/lock.ts";
import { rateLimit } from "../../src/rate-limit.ts";
import { timeout } from "../../src/wrappers/timeout.ts";
import wire from "../fixtures/python-wire.json" with { type: "json" };
import { PASSWORD, type RedisProcess, startRedis, withoutRedis } from "../support/redis-tcp.ts";

async function failureOf(call: Promise<unknown>): Promise<KeyValueError> {
  return call.then(
    () => Promise.reject(new Error("the call succeeded")),
    (error: KeyValueError) => error,
  );
}

describe("redisStore", () => {
  it("refuses what is neither a client nor a URL, and shows no password", () => {
    for (const wrong of [
      undefined,
      null,
      {},
      5,
      new Map(),
      "localhost:6379",
      "http://user:secret@host",
      "redis",
      { call: 1 },
    ]) {
      let message = "";
      try {
        redisStore(wrong as never);
      } catch (error) {
        message = `${error}`;
      }
      expect([wrong, message.startsWith("TypeError"), message.includes("secret")]).toEqual([wrong, true, false]);
    }
  });

  it("refuses clients that would do something else than the store asks for", () => {
    const call = async () => null;
    const wrong = [
      { call, options: { keyPrefix: "app:" } },
      { call, options: { scaleReads: "slave" }, isCluster: true, nodes: () => [] },
      { sendCommand: call, getSentinelNode: call },
    ];
    for (const client of wrong) expect(() => redisStore(client as never)).toThrow(TypeError);
    const replicas = redisStore(wrong[1] as never, { consistency: "eventual" });
    expect(toDriver(replicas).consistency).toBe("eventual");
  });

  it("turns whatever a client throws or returns into an error of its own", async () => {
    for (const thrown of [null, undefined, 5, {}, Object.create(null), new Error("read ECONNRESET"), "ERR a\u0000b"]) {
      const store = redisStore({ sendCommand: () => Promise.reject(thrown) });
      for (const call of [
        () => store.get("k"),
        () => store.getMany(["a", "b"]),
        () => store.put("k", 1),
        () => store.take("k"),
      ]) {
        const error = await failureOf(call());
        expect([error.name, error.code, error.store]).toEqual([
          "KeyValueError",
          typeof thrown === "string" ? "backend" : "unavailable",
          "redis",
        ]);
      }
    }
    for (const reply of [5, {}, [], [1], "text", new Uint8Array(2)]) {
      const store = redisStore({ sendCommand: async () => reply });
      for (const call of [() => store.getMany(["a", "b"]), () => store.put("k", 1), () => store.take("k")]) {
        if (Array.isArray(reply) && `${call}`.includes("getMany")) continue;
        expect([reply, (await failureOf(call())).code]).toEqual([reply, "backend"]);
      }
    }
  });

  it("says what is missing where it would have to import the client", async () => {
    const script = `
      import { registerHooks } from "node:module";
      registerHooks({ resolve(name, context, next) {
        if (name.startsWith("@redis/")) throw Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" });
        return next(name, context);
      } });
      const { redisStore } = await import(${JSON.stringify(new URL("../../src/adapters/redis.ts", import.meta.url))});
      console.log(await redisStore({ sendCommand: async () => null }).get("k"));
      const { code, message, store } = await redisStore("redis://localhost").get("k").catch((error) => error);
      console.log(code, store, message.includes('"@redis/client"'));
    `;
    const run = promisify(execFile)(process.execPath, ["--no-warnings", "--input-type=module", "-e", script]);
    expect((await run).stdout).toBe("null\nmisconfigured redis true\n");
  });

  it("ends with unavailable when nobody listens", async () => {
    await using store = redisStore("redis://127.0.0.1:1");
    expect((await failureOf(store.get("k"))).code).toBe("unavailable");
  }, 30_000);
});

if (withoutRedis) describe("redisStore and redis-server", () => it.skip(withoutRedis as string, () => {}));
else describe("redisStore and redis-server", withRedis);

function withRedis(): void {
  let server: RedisProcess;
  let client: Awaited<ReturnType<typeof connected>>;
  const closing: (() => unknown)[] = [];
  const connected = (url: string) => {
    const made = createClient({ url, socket: { reconnectStrategy: () => 20 } });
    made.on("error", () => {});
    closing.push(() => made.destroy());
    return made.connect();
  };
  const ioredis = (port: number, more: object = {}) => {
    const made = new Redis(port, "127.0.0.1", {
      password: PASSWORD,
      retryStrategy: () => 20,
      maxRetriesPerRequest: null,
      ...more,
    });
    made.on("error", () => {});
    closing.push(() => made.disconnect());
    return made;
  };
  beforeAll(async () => {
    server = await startRedis("--appendonly", "yes", "--appendfsync", "always");
    client = await connected(server.url(0));
  });
  afterAll(async () => {
    for (const close of closing) close();
    await server.stop();
  });

  /** A client that counts what is sent. */
  function counting(): NodeRedisClient & { names(): string[] } {
    const sent: string[] = [];
    return {
      sendCommand(args) {
        sent.push(args[0] as string);
        return client.sendCommand(args);
      },
      names: () => sent.splice(0),
    };
  }

  it("writes the deadline of an entry, also of one that keeps a deadline in a swap", async () => {
    const store = redisStore(counting(), { keyPrefix: "kept" });
    const entry = { value: 1, createdAt: Date.now(), expiresAt: Date.now() + 60_000, keepsDeadline: true } as const;
    await toDriver(store).write("c", [["k", entry]]);
    const left = (await store.ttl("k", { collection: "c" }))?.ttl ?? 0;
    expect([left > 50, left <= 60]).toEqual([true, true]);
  });

  it("sends one command for each operation, and a script only where it takes one", async () => {
    const counted = counting();
    const store = redisStore(counted, { keyPrefix: "count" });
    const many = Array.from({ length: 500 }, (_, i) => [`k${i}`, i] as const);
    const operations: [command: string, call: () => Promise<unknown>][] = [
      ["SET", () => store.put("a", 1)],
      ["EVAL", () => store.put("a", 1, { ttl: 60 })],
      ["EVALSHA", () => store.put("b", 1, { ttl: 60 })],
      ["MSET", () => store.putMany(many)],
      ["GET", () => store.get("a")],
      ["MGET", () => store.getMany(many.map(([key]) => key))],
      ["EVAL", () => store.ttl("a")],
      ["EVAL", () => store.increment("a")],
      ["EVALSHA", () => store.increment("a")],
      ["EVAL", () => store.take("a")],
      ["EVAL", () => store.putIfAbsent("c", 1)],
      ["EVALSHA", () => store.putIfAbsent("c", 1)],
      ["EVAL", () => store.touch("c", 60)],
      ["EVAL", () => rateLimit(store, "k", { limit: 1, window: 60 })],
      ["EVALSHA", () => rateLimit(store, "k", { limit: 1, window: 60 })],
      ["EVAL", () => tryLock(store, "k", { ttl: 60 })],
      ["EVALSHA", () => tryLock(store, "k", { ttl: 60 })],
      ["EVAL", () => store.delete("c")],
      ["EVALSHA", () => store.deleteMany(many.map(([key]) => key))],
      ["EVAL", () => store.listKeys()],
      ["EVAL", () => store.destroy()],
    ];
    for (const [command, call] of operations) {
      await call();
      expect([`${call}`, counted.names()]).toEqual([`${call}`, [command]]);
    }
    await store.update("u", () => 1);
    expect(counted.names().length).toBe(2);
    // Redis forgets scripts when it restarts, or is told to.
    await server.redis(0, "SCRIPT", "FLUSH");
    expect(await store.increment("u")).toBe(2);
    expect(counted.names()).toEqual(["EVALSHA", "EVAL"]);
  });

  it("lists in few commands among many names of others, with cursors that do not grow", async () => {
    const counted = counting();
    const store = redisStore(counted, { keyPrefix: "listed" });
    await Promise.all(
      Array.from({ length: 2000 }, (_, i) => store.put(`${i}`, i, { collection: i < 1000 ? "large" : `c${i}` })),
    );
    await server.redis(0, "EVAL", "for i = 1, 100000 do redis.call('SET', 'foreign' .. i, '') end", "0");
    counted.names();
    const lengths = new Set<number | undefined>();
    const all = async (list: (cursor: string | undefined) => Promise<Page>) => {
      const found: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await list(cursor);
        found.push(...page.names);
        cursor = page.cursor;
        lengths.add(cursor?.length);
        expect(/large|listed/.test(cursor ?? "")).toBe(false);
      } while (cursor !== undefined);
      return found;
    };
    const keys = await all((cursor) => store.listKeys({ collection: "large", limit: 100, cursor }));
    expect(new Set(keys).size).toBe(1000);
    expect(counted.names().length).toBeLessThan(60);
    // Two lengths: for keys, and for collections. The last page has no cursor.
    const collections = await all((cursor) => store.listCollections({ limit: 100, cursor }));
    expect(new Set(collections).size).toBe(1001);
    expect(collections.length).toBeLessThan(1100);
    expect(counted.names().length).toBeLessThan(60);
    expect(lengths.size).toBe(3);
    expect(await store.destroy()).toBe(true);
    expect(counted.names().length).toBeLessThan(30);
    await server.redis(0, "FLUSHDB");
  }, 60_000);

  it("reads Python's entries, and those that another program wrote with an old deadline", async () => {
    const store = redisStore(client);
    const entries = wire.entries as unknown as {
      collection: string;
      key: string;
      value: unknown;
      redisKey: string;
      stored: string;
      ttl: number | null;
      wrappers: string[];
    }[];
    for (const { redisKey, stored } of entries) await client.sendCommand(["SET", redisKey, stored]);
    for (const { collection, key, value, ttl, wrappers } of entries) {
      if (wrappers.length > 0) continue;
      const found = await store.get(key, { collection });
      // Its deadline is in the envelope alone, and lies ahead or behind, depending on when this runs.
      if (ttl === null) expect(found).toEqual(value);
    }
    const old =
      '{"collection": "old", "expires_at": "2020-01-01T00:00:00.000000+00:00", "key": "k", "value": {"a": 1}, "version": 1}';
    await client.sendCommand(["SET", "old::k", old]);
    expect(await store.get("k", { collection: "old" })).toBe(null);
    expect(await store.getMany(["k", "missing"], { collection: "old" })).toEqual([null, null]);
    // Redis has been told when it expires, which decides.
    await client.sendCommand(["SET", "old::k", old, "PX", "50000"]);
    expect(await store.getMany(["k", "missing"], { collection: "old" })).toEqual([{ a: 1 }, null]);
  });

  describe("failures", () => {
    it("are typed, and hold no value", async () => {
      const store = redisStore(client, { keyPrefix: "typed" });
      const value = "hunter2";
      const codes = async (expected: string, ...calls: (() => Promise<unknown>)[]) => {
        for (const call of calls) {
          const error = await failureOf(call());
          expect([`${call}`, error.code, error.store]).toEqual([`${call}`, expected, "redis"]);
          const cause = error.cause as Error;
          const text = `${error.message} ${error.stack} ${cause?.message} ${cause?.stack} ${JSON.stringify({ ...error })}`;
          expect(text.includes(value)).toBe(false);
        }
      };
      const writes = [
        () => store.put("k", value),
        () => store.put("k", value, { ttl: 60 }),
        () => store.putIfAbsent("new", value),
      ];

      await server.redis(0, "RPUSH", "typed::default_collection::list", "x");
      await codes(
        "corrupted",
        () => store.get("list"),
        () => store.ttl("list"),
        () => store.take("list"),
        () => store.increment("list"),
      );
      expect(await redisStore(client, { keyPrefix: "typed", onCorrupt: "miss" }).get("list")).toBe(null);

      await server.redis(0, "CONFIG", "SET", "maxmemory", "1");
      await codes("full", ...writes, () =>
        store.putMany([
          ["a", value],
          ["b", value],
        ]),
      );
      await server.redis(0, "CONFIG", "SET", "maxmemory", "0");

      await server.redis(0, "REPLICAOF", "127.0.0.1", "1");
      await codes("unavailable", ...writes, () => store.delete("k"));
      await server.redis(0, "REPLICAOF", "NO", "ONE");

      await server.redis(0, "ACL", "SETUSER", "reader", "on", ">reader", "~*", "+get", "+select");
      const reader = await connected(`redis://reader:reader@${server.address}`);
      const read = redisStore(reader, { keyPrefix: "typed" });
      expect(await read.get("k")).toBe(null);
      await codes(
        "unauthorized",
        () => read.put("k", value),
        () => read.increment("k"),
      );

      await using wrong = redisStore(`redis://:wrong-secret@${server.address}`);
      const error = await failureOf(wrong.get("k"));
      expect([error.code, `${error.message} ${error.cause}`.includes("wrong-secret")]).toEqual(["unauthorized", false]);
      await using far = redisStore(server.url(99));
      await codes("misconfigured", () => far.get("k"));
      // Older servers, and those where scripts are switched off.
      await codes("backend", () =>
        redisStore({ sendCommand: ([name, ...args]: string[]) => client.sendCommand([`NO${name}`, ...args]) }).put(
          "k",
          value,
        ),
      );
    });

    it("of a server that hangs are a timeout, when that is asked for", async () => {
      const impatient = redisStore(ioredis(server.port, { commandTimeout: 100 }));
      await impatient.put("k", 1);
      const store = timeout(redisStore(client), { seconds: 0.1 });
      server.pause();
      try {
        const errors = await Promise.all([
          failureOf(store.get("k")),
          failureOf(store.increment("n")),
          failureOf(impatient.get("k")),
        ]);
        expect(errors.map(({ code }) => code)).toEqual(["timeout", "timeout", "timeout"]);
      } finally {
        server.resume();
      }
      expect(await store.get("k")).toBe(1);
    });

    it("of a server that still loads its data are unavailable, and end with the loading", async () => {
      const loading = await startRedis("--key-load-delay", "5000", "--loading-process-events-interval-bytes", "1024");
      try {
        const store = redisStore(await connected(loading.url(0)), { keyPrefix: "loading" });
        const keys = Array.from({ length: 150 }, (_, i) => `${i}`);
        await store.putMany(keys.map((key) => [key, key]));
        await loading.redis(0, "SAVE");
        const calls = [() => store.get("0"), () => store.put("0", 1), () => store.increment("n")];
        const refused = new Set<() => unknown>();
        let loaded = false;
        const restarted = loading.restart().then(() => (loaded = true));
        while (!loaded && refused.size < calls.length) {
          for (const call of calls) {
            await call().catch((error: KeyValueError) => {
              expect(error.code).toBe("unavailable");
              if (`${error.cause}`.includes("LOADING")) refused.add(call);
            });
          }
        }
        expect(refused.size).toBe(calls.length);
        await restarted;
        expect((await store.getMany(keys)).filter((value) => value === null)).toEqual([]);
      } finally {
        await loading.stop();
      }
    }, 30_000);

    it("of a closed store say so", async () => {
      const store = redisStore(server.url(2));
      await store.put("k", 1);
      await store[Symbol.asyncDispose]();
      expect((await failureOf(store.get("k"))).code).toBe("unavailable");
    });
  });

  it("loses nothing that was acknowledged when the server is killed under load, and reports every failure", async () => {
    for (const [title, made] of [
      ["node-redis", client],
      ["ioredis", ioredis(server.port)],
    ] as const) {
      const store = redisStore(made, { keyPrefix: `killed ${title}` });
      const acknowledged: string[] = [];
      let failed = 0;
      let sums = 0;
      let running = true;
      const load = Promise.all(
        Array.from({ length: 8 }, async (_, caller) => {
          for (let i = 0; running; i++) {
            const key = `${caller}-${i}`;
            await Promise.all([
              store.put(key, i, i % 2 ? {} : { ttl: 600 }).then(
                () => acknowledged.push(key),
                (error: KeyValueError) => {
                  expect(error.code).toBe("unavailable");
                },
              ),
              store.increment("n").then(
                () => sums++,
                (error: KeyValueError) => {
                  expect(error.code).toBe("unavailable");
                  failed++;
                },
              ),
            ]);
          }
        }),
      );
      for (let kills = 0; kills < 3; kills++) {
        const before = acknowledged.length;
        while (acknowledged.length < before + 100) await new Promise((resolve) => setTimeout(resolve, 5));
        await server.restart();
      }
      running = false;
      await load;
      const values = await store.getMany(acknowledged);
      expect([title, acknowledged.filter((_, i) => values[i] === null)]).toEqual([title, []]);
      const counted = (await store.get<number>("n")) ?? 0;
      // Each failed one may have happened.
      expect([title, counted >= sums, counted <= sums + failed]).toEqual([title, true, true]);
    }
  }, 60_000);

  it("counts once, or says that it does not know, when connections drop before the reply", async () => {
    let swallow = 0;
    const sockets = new Set<Socket>();
    const proxy = createServer((down) => {
      const up = connect(server.port, "127.0.0.1");
      for (const socket of [down, up]) {
        sockets.add(socket);
        socket.on("error", () => {}).on("close", () => [down, up].map((one) => one.destroy()));
      }
      down.on("data", (data) => up.write(data));
      up.on("data", (data) => {
        // The server has executed what was sent, and nobody is told. A greeting is not swallowed.
        if (swallow > 0 && /[+-]\d|=secret|\$1\r\n\+/.test(data.toString())) {
          swallow--;
          down.destroy();
        } else down.write(data);
      });
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    const { port } = proxy.address() as { port: number };
    try {
      const again = redisStore(ioredis(port), { keyPrefix: "dropped" });
      let sum = 0;
      for (let i = 0; i < 30; i++) {
        if (i % 3 === 0) swallow = 1;
        sum += 1;
        expect(await again.increment("n")).toBe(sum);
        await again.put(`token${i}`, `secret${i}`);
        if (i % 3 === 1) swallow = 1;
        expect(await again.take(`token${i}`)).toBe(`secret${i}`);
        if (i % 3 === 2) swallow = 1;
        await again.put("last", i);
      }
      expect(swallow).toBe(0);
      const direct = redisStore(client, { keyPrefix: "dropped" });
      expect([await direct.get("n"), await direct.get("last")]).toEqual([30, 29]);

      const once = redisStore(await connected(`redis://:${PASSWORD}@127.0.0.1:${port}`), { keyPrefix: "reported" });
      let unknown = 0;
      let known = 0;
      for (let i = 0; i < 12; i++) {
        if (i % 3 === 0) swallow = 1;
        await once.increment("n").then(
          () => known++,
          (error: KeyValueError) => {
            expect(error.code).toBe("unavailable");
            unknown++;
          },
        );
      }
      expect([known, unknown]).toEqual([8, 4]);
      expect(await redisStore(client, { keyPrefix: "reported" }).get("n")).toBe(12);
    } finally {
      for (const socket of sockets) socket.destroy();
      proxy.close();
    }
  }, 60_000);
}
