import { useSession } from "@hono/session";
import { Hono } from "hono";
import { describe, expect, it } from "#test";
import { type AsyncKeyValue, KeyValueError, memoryStore } from "../../src/index.ts";
import {
  endSession,
  type HonoSessionOptions,
  honoSessionStorage,
  rotateSession,
} from "../../src/interop/hono-session.ts";
import { atTime, idsOf, storeWith, storeWithCounts, storeWithRace } from "./support.ts";

interface Data extends Record<string, unknown> {
  readonly user?: string;
  readonly seen?: number;
}

const secret = "a secret for nothing but these tests";

/** An app on a store, and a browser in front of it. */
function visit(store: AsyncKeyValue, options?: HonoSessionOptions, meanwhile = async (): Promise<void> => {}) {
  const problems: unknown[] = [];
  const app = new Hono()
    .use(honoSessionStorage(store, options), useSession<Data>({ secret }))
    .get("/", async (c) => c.json(await c.var.session.get()))
    .post("/sign-in/:user", async (c) => {
      await rotateSession(c, { user: c.req.param("user"), seen: 0 });
      return c.body(null, 204);
    })
    .post("/count", async (c) => {
      await c.var.session.update((data) => ({ ...data, seen: (data?.seen ?? 0) + 1 }));
      await meanwhile();
      return c.body(null, 204);
    })
    .post("/sign-out", async (c) => {
      await endSession(c);
      return c.body(null, 204);
    })
    .onError((error, c) => {
      problems.push(error);
      return c.text("failed", 503);
    });
  const browser = {
    cookie: "",
    problems,
    async send(method: string, path: string): Promise<Response> {
      const response = await app.request(path, { method, headers: browser.cookie ? { cookie: browser.cookie } : {} });
      const cookie = response.headers.get("set-cookie");
      if (cookie) browser.cookie = cookie.includes("Max-Age=0") ? "" : (cookie.split(";")[0] as string);
      return response;
    },
    post: (path: string) => browser.send("POST", path),
    data: async (): Promise<unknown> => (await browser.send("GET", "/")).json(),
  };
  return browser;
}

describe("sessions of @hono/session in a store", () => {
  it("are kept from request to request, under an id with at least 128 random bits", async () => {
    const store = memoryStore();
    const browser = visit(store);
    expect(await browser.data()).toBe(null);
    expect(await idsOf(store)).toEqual([]);
    await browser.post("/sign-in/ann");
    await browser.post("/count");
    expect(await browser.data()).toEqual({ user: "ann", seen: 1 });
    const [id = "", ...others] = await idsOf(store);
    expect(others).toEqual([]);
    expect(atob(id)).toMatch(/^[0-9a-f]{40}$/);
    expect(browser.cookie).not.toContain(id);
  });

  it("get a new id at sign-in, and the one before opens nothing", async () => {
    const store = memoryStore();
    const browser = visit(store);
    await browser.post("/count");
    const [planted] = await idsOf(store);
    const before = browser.cookie;
    await browser.post("/sign-in/ann");
    const now = await idsOf(store);
    expect(now.length).toBe(1);
    expect(now[0]).not.toBe(planted);
    expect(await browser.data()).toEqual({ user: "ann", seen: 0 });
    browser.cookie = before;
    expect(await browser.data()).toBe(null);
  });

  it("end in the store at sign-out, so that a copy of the cookie opens nothing", async () => {
    const store = memoryStore();
    const browser = visit(store);
    await browser.post("/sign-in/ann");
    const { cookie } = browser;
    await browser.post("/sign-out");
    expect(browser.cookie).toBe("");
    expect(await idsOf(store)).toEqual([]);
    browser.cookie = cookie;
    expect(await browser.data()).toBe(null);
  });

  it("live for their TTL after the last visit, and are written again at most once a minute", () =>
    atTime(async (pass) => {
      const { store, writes } = storeWithCounts();
      const browser = visit(store, { ttl: 1800 });
      await browser.post("/sign-in/ann");
      for (let visits = 0; visits < 4; visits++) {
        pass(35);
        await browser.data();
      }
      expect(writes).toEqual(["touch", "touch"]);
      pass(1799);
      expect(await browser.data()).toEqual({ user: "ann", seen: 0 });
      pass(1799);
      expect(await browser.data()).toEqual({ user: "ann", seen: 0 });
      pass(1801);
      expect(await browser.data()).toBe(null);
    }));

  it("do not come back when their owner signs out while another request saves them", async () => {
    const store = memoryStore();
    const other = visit(store);
    const browser = visit(store, {}, async () => {
      other.cookie = browser.cookie;
      await other.post("/sign-out");
    });
    await browser.post("/sign-in/ann");
    expect((await browser.post("/count")).status).toBe(204);
    expect(await idsOf(store)).toEqual([]);
    expect(await browser.data()).toBe(null);
  });

  it("do not come back when their owner signs out while another request moves their deadline", () =>
    atTime(async (pass) => {
      const { memory, store, beforeNextSwap, raced } = storeWithRace();
      const browser = visit(store, { ttl: 1800 });
      const other = visit(memory);
      await browser.post("/sign-in/ann");
      pass(300);
      beforeNextSwap(() => {
        other.cookie = browser.cookie;
        return other.post("/sign-out");
      });
      expect(await browser.data()).toBe(null);
      expect(raced()).toBe(true);
      expect(await idsOf(memory)).toEqual([]);
    }));

  it("are in the store before the response goes out, however slow that is", async () => {
    const { memory, store } = storeWith(({ write }) => ({
      async write(...args) {
        await new Promise((done) => setTimeout(done, 30));
        return write(...args);
      },
    }));
    await visit(store).post("/sign-in/ann");
    expect((await idsOf(memory)).length).toBe(1);
  });

  it("let Hono's error handler know when they could not be saved", async () => {
    const { store } = storeWith(() => ({
      async write(collection, [[key] = [""]]) {
        throw new KeyValueError("unavailable", "out of order", { store: "memory", collection, key, cause: [key] });
      },
    }));
    const browser = visit(store);
    expect((await browser.post("/count")).status).toBe(503);
    const [error] = browser.problems as KeyValueError[];
    expect([error?.code, error?.message, error?.store]).toEqual(["unavailable", "out of order", "memory"]);
    // The key is the session's id, and errors get into logs.
    expect([error?.key, error?.cause]).toEqual([undefined, undefined]);
  });

  it("are read once a request", async () => {
    let reads = 0;
    const { store } = storeWith(({ read }) => ({
      read(...args) {
        reads++;
        return read(...args);
      },
    }));
    const app = new Hono().use(honoSessionStorage(store), useSession<Data>({ secret }));
    app.post("/", async (c) => {
      await c.var.session.update({ seen: 1 });
      return c.body(null, 204);
    });
    app.get("/", async (c) => {
      await c.var.session.get();
      await c.var.session.update((data) => ({ ...data, seen: 2 }));
      return c.json(await c.var.session.get());
    });
    const cookie = (await app.request("/", { method: "POST" })).headers.get("set-cookie")?.split(";")[0] as string;
    reads = 0;
    expect(await (await app.request("/", { headers: { cookie } })).json()).toEqual({ seen: 1 });
    expect(reads).toBe(1);
  });

  it("keep what requests change at the same time, each in a property of its own", async () => {
    for (const [merge, expected] of [
      [true, { user: "ann", seen: 0, first: 1, second: 1 }],
      [false, { user: "ann", seen: 0, first: 1 }],
    ] as const) {
      const app = new Hono().use(honoSessionStorage(memoryStore(), { merge }), useSession<Data>({ secret }));
      app.post("/sign-in", async (c) => {
        await rotateSession(c, { user: "ann", seen: 0 });
        return c.body(null, 204);
      });
      app.get("/", async (c) => c.json(await c.var.session.get()));
      app.post("/:property", async (c) => {
        const data = (await c.var.session.get()) as Record<string, unknown>;
        if (c.req.param("property") === "first") await app.request("/second", { method: "POST", headers: { cookie } });
        // Changing the very object that was read is a change, too.
        data[c.req.param("property")] = 1;
        await c.var.session.update(data as Data);
        return c.body(null, 204);
      });
      const signedIn = await app.request("/sign-in", { method: "POST" });
      const cookie = signedIn.headers.get("set-cookie")?.split(";")[0] as string;
      await app.request("/first", { method: "POST", headers: { cookie } });
      expect(await (await app.request("/", { headers: { cookie } })).json()).toEqual(expected);
    }
  });

  it("are refused by a store that is not strongly consistent, unless the caller allows it", async () => {
    const store = { ...memoryStore() };
    expect(() => honoSessionStorage(store)).toThrow("strongly consistent");
    const browser = visit(store, { allowEventual: true, collection: "logins" });
    await browser.post("/sign-in/ann");
    expect(await browser.data()).toEqual({ user: "ann", seen: 0 });
    await browser.post("/sign-out");
    expect(await browser.data()).toBe(null);
  });
});
