import { describe, expect, it } from "#test";
import { type AnyDriver, createStore, KeyValueError, memoryStore, toDriver } from "../../src/index.ts";
import { type LogOptions, log } from "../../src/wrappers/log.ts";

function lines() {
  const written: [level: string, line: string][] = [];
  const to = (level: string) => (line: string) => written.push([level, line]);
  return { written, logger: { debug: to("debug"), info: to("info"), warn: to("warn"), error: to("error") } };
}

function structured(options: LogOptions = {}) {
  const { written, logger } = lines();
  const events = () => written.map(([level, line]) => ({ level, ...JSON.parse(line) }));
  return { logger, events, options: { logger, structured: true, ...options } };
}

function failing(error: unknown): AnyDriver {
  const fail = () => Promise.reject(error);
  return { ...(toDriver(memoryStore()) as AnyDriver), read: fail, write: fail };
}

const SECRET = "hunter2";

describe("log", () => {
  it("writes a line when a call starts and one when it ends", async () => {
    const { written, logger } = lines();
    const store = log(memoryStore(), { logger });
    await store.put("user:1", 1, { collection: "users" });
    await store.getMany(["user:1", "user:2"], { collection: "users" });
    expect(written.map(([, line]) => line.replace(/durationMs=\d+/, "durationMs=0"))).toEqual([
      'event="start" store="memory" operation="write" collection="users" keys=["user:1"] count=1',
      'event="finish" store="memory" operation="write" collection="users" keys=["user:1"] count=1 durationMs=0 outcome="ok"',
      'event="start" store="memory" operation="read" collection="users" keys=["user:1","user:2"] count=2',
      'event="finish" store="memory" operation="read" collection="users" keys=["user:1","user:2"] count=2 durationMs=0 outcome="ok" hits=1 misses=1',
    ]);
    expect(written.every(([level]) => level === "info")).toBe(true);
  });

  it("writes JSON on request, at the level asked for", async () => {
    const { options, events } = structured({ level: "debug" });
    const store = log(memoryStore(), options);
    await store.put("a", 1);
    expect(await store.take("a")).toBe(1);
    const [start, , , take] = events();
    expect(start).toEqual({
      level: "debug",
      event: "start",
      store: "memory",
      operation: "write",
      collection: "default_collection",
      keys: ["a"],
      count: 1,
    });
    expect(take).toMatchObject({ event: "finish", operation: "take", outcome: "ok", hits: 1, misses: 0 });
  });

  it("measures from the start of a call to its end", async () => {
    const { options, events } = structured();
    const now = Date.now;
    const driver = toDriver(memoryStore()) as AnyDriver;
    const slow = {
      ...driver,
      async read(...args: Parameters<AnyDriver["read"]>) {
        Date.now = () => now() + 5000;
        return driver.read(...args);
      },
    };
    try {
      await log(createStore(slow), options).get("a");
    } finally {
      Date.now = now;
    }
    const { durationMs } = events()[1];
    expect(durationMs >= 5000 && durationMs < 6000).toBe(true);
  });

  it("leaves values out unless they are asked for", async () => {
    for (const structured of [true, false]) {
      for (const values of [undefined, false, true]) {
        const { written, logger } = lines();
        const store = log(memoryStore(), { logger, values, structured });
        await store.put("a", { password: SECRET });
        await store.get("a");
        await store.update("a", () => ({ password: SECRET }));
        await store.delete("a");
        expect(written.length).toBe(10);
        expect(written.filter(([, line]) => line.includes(SECRET)).length).toBe(values ? 4 : 0);
      }
    }
  });

  it("shows no value of an entry that has expired, as nobody gets it", async () => {
    const { options, events } = structured({ values: true });
    const base = memoryStore();
    await base.put("a", SECRET, { ttl: 0.001 });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await log(base, options).get("a")).toBe(null);
    expect(events()[1]).toMatchObject({ misses: 1, values: [null] });
  });

  it("leaves keys out on request", async () => {
    const { written, logger } = lines();
    const store = log(memoryStore(), { logger, keys: false });
    await store.put(SECRET, 1);
    await store.getMany([SECRET]);
    expect(written.length).toBe(4);
    expect(written.some(([, line]) => line.includes(SECRET))).toBe(false);
    expect(written[0]?.[1]).toContain("count=1");
  });

  it("leaves the message of a failure out along with the keys, since it may name one", async () => {
    for (const structured of [true, false]) {
      const { written, logger } = lines();
      const failure = new KeyValueError("corrupted", `the entry of ${SECRET} is unreadable`);
      const store = log(createStore(failing(failure)), { logger, keys: false, structured });
      expect(await store.get(SECRET).catch((error) => error)).toBe(failure);
      expect(JSON.stringify(written)).not.toContain(SECRET);
      expect(written[1]?.[1]).toContain("corrupted");
    }
  });

  it("shows the first ten keys of a bulk, and how many there were", async () => {
    const { options, events } = structured();
    await log(memoryStore(), options).getMany(Array.from({ length: 1000 }, (_, i) => `${i}`));
    expect(events()[0]).toMatchObject({ keys: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"], count: 1000 });
  });

  it("keeps a line one line, whatever the keys are", async () => {
    const { written, logger } = lines();
    await log(memoryStore(), { logger }).get('a"\nevent="finish"\u0000');
    expect(written[0]?.[1]).toContain(String.raw`keys=["a\"\nevent=\"finish\"\u0000"]`);
  });

  it("writes failures as errors, with their code and message, and passes them on", async () => {
    const { options, events } = structured();
    const failure = new KeyValueError("unavailable", "no network", { cause: new Error(SECRET) });
    const store = log(createStore(failing(failure)), options);
    expect(await store.get("a").catch((error) => error)).toBe(failure);
    const [start, finish] = events();
    expect(start).toMatchObject({ level: "info", event: "start" });
    expect(finish).toMatchObject({
      level: "error",
      event: "finish",
      outcome: "error",
      error: "unavailable",
      message: "no network",
    });
    expect(JSON.stringify(events())).not.toContain(SECRET);
  });

  it("writes no more than the name of an error that may hold a secret", async () => {
    for (const error of [new RangeError(`token ${SECRET}`), SECRET]) {
      const { written, logger } = lines();
      const store = log(createStore(failing(error)), { logger, values: true });
      expect(await store.get("a").catch((error) => error)).toBe(error);
      expect(written[1]?.[1]).toContain(error === SECRET ? 'error="string"' : 'error="RangeError"');
      expect(JSON.stringify(written)).not.toContain(SECRET);
    }
  });

  it("returns the result of the backend where the logger throws or rejects, and still tries to write the end", async () => {
    for (const wrap of [(line: () => void) => line, (line: () => void) => async () => line()]) {
      const written: unknown[] = [];
      const full = (line?: string) => {
        written.push(line);
        throw new Error("disk full");
      };
      const line = wrap(full);
      const store = log(memoryStore(), { logger: { debug: line, info: line, warn: line, error: line } });
      expect(await store.increment("n")).toBe(1);
      expect(await store.increment("n")).toBe(2);
      expect(written.length).toBe(4);
      const failure = new KeyValueError("unavailable", "no network");
      const failed = log(createStore(failing(failure)), {
        logger: { debug: line, info: line, warn: line, error: line },
      });
      expect(await failed.get("n").catch((error) => error)).toBe(failure);
    }
  });

  it("sees what goes through a store of somebody else", async () => {
    const { options, events } = structured();
    await log({ ...memoryStore() }, options).get("a");
    expect(events()[0]).toMatchObject({ store: "custom", operation: "read" });
  });

  it("refuses a level that loggers do not have", () => {
    expect(() => log(memoryStore(), { level: "loud" } as unknown as LogOptions)).toThrow(TypeError);
  });

  it("writes to the console unless told otherwise", async () => {
    const { info } = console;
    const written: unknown[] = [];
    console.info = (line: unknown) => written.push(line);
    try {
      await log(memoryStore()).get("a");
    } finally {
      console.info = info;
    }
    expect(written.length).toBe(2);
  });
});
