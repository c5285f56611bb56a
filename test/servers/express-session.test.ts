import express from "express";
import session from "express-session";
import { describe, expect, it } from "#test";
import { type AsyncKeyValue, KeyValueError, memoryStore } from "../../src/index.ts";
import { type ExpressSessionOptions, expressSessionStore } from "../../src/interop/express-session.ts";
import { atTime, idsOf, storeWith, storeWithCounts, storeWithRace } from "../interop/support.ts";
import { serving } from "./support.ts";

interface Data {
  user?: string;
  basket?: number;
  page?: number;
}

interface Options extends ExpressSessionOptions {
  readonly maxAge?: number | undefined;
  readonly resave?: boolean;
}

/** What happens to the session of the request that is being served. */
type Action = (session: session.Session & Data, request: express.Request) => unknown;

/** An app on a store, with a way to send it requests whose handling is given by the test. */
async function withApp(
  store: AsyncKeyValue,
  { maxAge, resave = false, ...options }: Options,
  body: (newBrowser: () => ReturnType<typeof browserOn>) => Promise<void>,
): Promise<void> {
  const actions = new Map<string, Action>();
  const sessionStore = expressSessionStore(session.Store, store, options);
  const app = express();
  app.use(
    session({
      store: sessionStore,
      secret: "a secret for nothing but these tests",
      resave,
      saveUninitialized: false,
      cookie: { maxAge },
    }),
  );
  app.use(async (request, response) => {
    const action = actions.get(request.get("x-action") ?? "");
    await action?.(request.session as session.Session & Data, request);
    response.json({ ...request.session, cookie: undefined });
  });
  app.use(((error, _request, response, _next) => {
    response.status(503).json({ code: (error as KeyValueError).code, key: (error as KeyValueError).key });
  }) as express.ErrorRequestHandler);

  let count = 0;
  function browserOn(origin: string) {
    const browser = {
      cookie: "",
      async request(action: Action = () => {}): Promise<Record<string, unknown>> {
        const id = String(count++);
        actions.set(id, action);
        const response = await fetch(origin, { headers: { "x-action": id, cookie: browser.cookie } });
        const [cookie] = response.headers.getSetCookie();
        if (cookie) browser.cookie = cookie.split(";")[0] as string;
        return (await response.json()) as Record<string, unknown>;
      },
    };
    return browser;
  }
  await serving(app, (origin) => body(() => browserOn(origin)));
}

const signIn: Action = (_session, request) =>
  new Promise<void>((done) => {
    request.session.regenerate(() => {
      (request.session as Data).user = "ann";
      done();
    });
  });
const signOut: Action = (session) =>
  new Promise((done) => {
    session.destroy(done);
  });

describe("sessions of express-session in a store", () => {
  it("are kept from request to request, and only once there is something in them", async () => {
    const store = memoryStore();
    await withApp(store, {}, async (newBrowser) => {
      const browser = newBrowser();
      await browser.request();
      expect(await idsOf(store)).toEqual([]);
      await browser.request((session) => {
        session.basket = 3;
      });
      expect(await browser.request()).toEqual({ basket: 3 });
      expect((await idsOf(store)).length).toBe(1);
    });
  });

  it("get a new id at sign-in, and end at sign-out, in the store too", async () => {
    const store = memoryStore();
    await withApp(store, {}, async (newBrowser) => {
      const browser = newBrowser();
      await browser.request((session) => {
        session.basket = 3;
      });
      const planted = browser.cookie;
      await browser.request(signIn);
      expect(browser.cookie).not.toBe(planted);
      expect(await browser.request()).toEqual({ user: "ann" });
      expect((await idsOf(store)).length).toBe(1);
      await browser.request(signOut);
      expect(await browser.request()).toEqual({});
      expect(await idsOf(store)).toEqual([]);
    });
  });

  it("live as long as their cookie after the last visit, and are touched at most once a minute", () =>
    atTime(async (pass) => {
      const { store, writes } = storeWithCounts();
      await withApp(store, { maxAge: 1_800_000 }, async (newBrowser) => {
        const browser = newBrowser();
        await browser.request(signIn);
        writes.length = 0;
        let left = 0;
        for (let visits = 0; visits < 4; visits++) {
          pass(35);
          await browser.request((session) => {
            left = session.cookie.maxAge ?? 0;
          });
        }
        expect(writes).toEqual(["touch", "touch"]);
        // A request sees the deadline that the last touch has set, not the one of the last save.
        expect(left).toBe(1_730_000);
        pass(1799);
        expect(await browser.request()).toEqual({ user: "ann" });
        pass(1801);
        expect(await browser.request()).toEqual({});
      });
    }));

  it("live for `ttl` seconds where their cookie ends with the browser", () =>
    atTime(async (pass) => {
      await withApp(memoryStore(), { ttl: 600 }, async (newBrowser) => {
        const browser = newBrowser();
        await browser.request(signIn);
        pass(599);
        expect(await browser.request()).toEqual({ user: "ann" });
        pass(599);
        expect(await browser.request()).toEqual({ user: "ann" });
        pass(601);
        expect(await browser.request()).toEqual({});
      });
    }));

  it("do not come back when their owner signs out while another request saves or touches them", () =>
    atTime(async (pass) => {
      const { memory, store, beforeNextSwap, raced } = storeWithRace();
      for (const action of [(session: Data) => void (session.page = 7), () => {}]) {
        await withApp(store, { maxAge: 1_800_000 }, async (newBrowser) => {
          const browser = newBrowser();
          await browser.request(signIn);
          pass(300);
          await browser.request((session) => {
            action(session as Data);
            beforeNextSwap(() => memory.destroyCollection({ collection: "sessions" }));
          });
          expect(raced()).toBe(true);
          expect(await idsOf(memory)).toEqual([]);
        });
      }
    }));

  it("keep what requests change at the same time, each in a property of its own, also with `resave`", async () => {
    for (const resave of [false, true]) {
      for (const [merge, expected] of [
        [true, { user: "ann", basket: 3, page: 7 }],
        [false, { user: "ann", page: 7 }],
      ] as const) {
        await withApp(memoryStore(), { merge, resave }, async (newBrowser) => {
          const browser = newBrowser();
          await browser.request(signIn);
          const other = newBrowser();
          other.cookie = browser.cookie;
          await browser.request(async (session) => {
            await other.request((session) => {
              session.basket = 3;
            });
            session.page = 7;
          });
          expect(await browser.request()).toEqual(expected);
        });
      }
    }
  });

  it("save and reload within a request", async () => {
    await withApp(memoryStore(), {}, async (newBrowser) => {
      const browser = newBrowser();
      await browser.request(signIn);
      await browser.request(async (session, request) => {
        session.page = 1;
        await new Promise((done) => session.save(done));
        session.page = 2;
        await new Promise((done) => session.reload(done));
        expect((request.session as Data).page).toBe(1);
        (request.session as Data).basket = 1;
      });
      expect(await browser.request()).toEqual({ user: "ann", page: 1, basket: 1 });
    });
  });

  it("are saved by the next save when one has failed, with all that it has not stored", async () => {
    let failures = 0;
    const failOnce = <R>(call: () => R): R => {
      if (failures === 0) return call();
      failures--;
      throw new KeyValueError("unavailable", "out of order");
    };
    const { store } = storeWith(({ write, swap, apply }) => ({
      write: (...args) => failOnce(() => write(...args)),
      swap: (...args) => failOnce(() => swap(...args)),
      apply: (...args) => failOnce(() => apply!(...args)),
      modify: undefined,
    }));
    const save = (session: session.Session) => new Promise((done) => session.save(done));
    await withApp(store, {}, async (newBrowser) => {
      const browser = newBrowser();
      await browser.request(async (session, request) => {
        await signIn(session, request);
        failures = 1;
        expect(await save(request.session)).toMatchObject({ code: "unavailable" });
      });
      expect(await browser.request()).toEqual({ user: "ann" });
      await browser.request(async (session) => {
        session.page = 1;
        failures = 1;
        expect(await save(session)).toMatchObject({ code: "unavailable" });
        session.basket = 2;
      });
      expect(await browser.request()).toEqual({ user: "ann", page: 1, basket: 2 });
    });
  });

  it("hand failures of the store to the app, without the id", async () => {
    let broken = false;
    const { store } = storeWith(({ read }) => ({
      read(collection, keys) {
        if (broken) throw new KeyValueError("unavailable", "out of order", { collection, key: keys[0] });
        return read(collection, keys);
      },
    }));
    await withApp(store, {}, async (newBrowser) => {
      const browser = newBrowser();
      await browser.request(signIn);
      broken = true;
      expect(await browser.request()).toEqual({ code: "unavailable" });
    });
  });

  it("are kept for thousands of years if the cookie is", async () => {
    const store = memoryStore();
    const sessions = expressSessionStore(session.Store, store);
    const cookie = { expires: new Date("9999-12-31T23:59:59Z") };
    expect(await new Promise((done) => sessions.set("a", { cookie }, done))).toBe(null);
    expect(await idsOf(store)).toEqual(["a"]);
  });

  it("are all removed by `clear`", async () => {
    const store = memoryStore();
    await store.put("other", 1);
    const sessions = expressSessionStore(session.Store, store);
    const cookie = { expires: null };
    await new Promise((done) => sessions.set("a", { cookie }, done));
    expect(await idsOf(store)).toEqual(["a"]);
    await new Promise((done) => sessions.clear?.(done));
    expect(await idsOf(store)).toEqual([]);
    expect(await store.get("other")).toBe(1);
  });

  it("are refused by a store that is not strongly consistent, unless the caller allows it", () => {
    expect(() => expressSessionStore(session.Store, { ...memoryStore() })).toThrow("strongly consistent");
    expect(expressSessionStore(session.Store, { ...memoryStore() }, { allowEventual: true })).toBeInstanceOf(
      session.Store,
    );
  });
});
