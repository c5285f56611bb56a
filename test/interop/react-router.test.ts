import { createSessionStorage, type Session } from "react-router";
import { describe, expect, it } from "#test";
import { type AsyncKeyValue, memoryStore } from "../../src/index.ts";
import { type ReactRouterSessionOptions, reactRouterSessions } from "../../src/interop/react-router.ts";
import { atTime, idsOf, storeWithRace } from "./support.ts";

interface Data {
  user?: string;
  basket?: number;
}

interface Flash {
  notice: string;
}

interface Options extends ReactRouterSessionOptions {
  readonly maxAge?: number;
  readonly secrets?: string[];
}

/** A browser, whose every request may do something to the session. */
function visit(store: AsyncKeyValue, { maxAge, secrets = ["a secret for tests"], ...options }: Options = {}) {
  const storage = reactRouterSessions(
    store,
    (strategy) => {
      const cookie = { name: "session", httpOnly: true, sameSite: "lax", secrets, ...(maxAge && { maxAge }) } as const;
      return createSessionStorage<Data, Flash>({ cookie, ...strategy });
    },
    options,
  );
  const browser = {
    ...storage,
    cookie: "",
    keep(header: string): void {
      const [cookie = ""] = header.split(";");
      browser.cookie = header.includes("Expires=Thu, 01 Jan 1970") ? "" : cookie;
    },
    async request(body: (session: Session<Data, Flash>) => unknown = () => {}): Promise<Session<Data, Flash>> {
      const session = await storage.getSession(browser.cookie);
      await body(session);
      browser.keep(await storage.commitSession(session));
      return session;
    },
    user: async () => (await storage.getSession(browser.cookie)).get("user"),
    async signIn(user: string) {
      const session = await storage.rotateSession(await storage.getSession(browser.cookie));
      session.set("user", user);
      browser.keep(await storage.commitSession(session));
    },
    async signOut() {
      browser.keep(await storage.destroySession(await storage.getSession(browser.cookie)));
    },
  };
  return browser;
}

describe("sessions of React Router in a store", () => {
  it("are kept from request to request, under an id of 128 random bits", async () => {
    const store = memoryStore();
    const browser = visit(store);
    expect(await browser.user()).toBe(undefined);
    await browser.signIn("ann");
    expect(await browser.user()).toBe("ann");
    const [id] = await idsOf(store);
    expect(id).toMatch(/^[0-9a-f]{32}$/);
  });

  it("show flashed values once", async () => {
    const browser = visit(memoryStore());
    await browser.request((session) => session.flash("notice", "welcome"));
    await browser.request((session) => expect(session.get("notice")).toBe("welcome"));
    await browser.request((session) => expect(session.get("notice")).toBe(undefined));
  });

  it("get a new id at sign-in with all that was in them, and the one before opens nothing", async () => {
    const store = memoryStore();
    const browser = visit(store);
    await browser.request((session) => {
      session.set("basket", 3);
      session.flash("notice", "welcome");
    });
    const planted = browser.cookie;
    const before = await idsOf(store);
    await browser.signIn("ann");
    const session = await browser.getSession(browser.cookie);
    expect([session.get("user"), session.get("basket"), session.get("notice")]).toEqual(["ann", 3, "welcome"]);
    const after = await idsOf(store);
    expect(after.length).toBe(1);
    expect(after).not.toEqual(before);
    browser.cookie = planted;
    expect((await browser.getSession(browser.cookie)).get("basket")).toBe(undefined);
  });

  it("end in the store at sign-out, so that a copy of the cookie opens nothing", async () => {
    const store = memoryStore();
    const browser = visit(store);
    await browser.signIn("ann");
    const { cookie } = browser;
    await browser.signOut();
    expect(browser.cookie).toBe("");
    expect(await idsOf(store)).toEqual([]);
    browser.cookie = cookie;
    expect(await browser.user()).toBe(undefined);
  });

  it("start anew, under a new id, for a cookie whose session is gone", async () => {
    const store = memoryStore();
    const browser = visit(store);
    await browser.signIn("ann");
    const [gone] = await idsOf(store);
    await store.delete(gone as string, { collection: "sessions" });
    const session = await browser.getSession(browser.cookie);
    expect([session.id, session.data]).toEqual(["", {}]);
    await browser.request((session) => session.set("user", "bob"));
    expect(await browser.user()).toBe("bob");
    expect(await idsOf(store)).not.toContain(gone);
  });

  it("never take over an id that is not in the store, whatever an unsigned cookie holds", async () => {
    const { warn } = console;
    console.warn = () => {};
    try {
      const store = memoryStore();
      for (const planted of ["f".repeat(32), "planted", { toString: "no" }, 7, ["a"], "x".repeat(2000)]) {
        const browser = visit(store, { secrets: [] });
        browser.cookie = `session=${encodeURIComponent(btoa(JSON.stringify(planted)))}`;
        const session = await browser.getSession(browser.cookie);
        expect([session.id, session.data]).toEqual(["", {}]);
        await browser.request((session) => session.set("basket", 1));
      }
      const ids = await idsOf(store);
      expect(ids.length).toBe(6);
      expect(ids).not.toContain("f".repeat(32));
    } finally {
      console.warn = warn;
    }
  });

  it("live as long as the cookie after every commit", () =>
    atTime(async (pass) => {
      const browser = visit(memoryStore(), { maxAge: 1800 });
      await browser.signIn("ann");
      for (let visits = 0; visits < 3; visits++) {
        pass(1799);
        await browser.request();
      }
      expect(await browser.user()).toBe("ann");
      pass(1801);
      expect(await browser.user()).toBe(undefined);
    }));

  it("live as long as one commit says, and for the TTL where the cookie has no deadline", () =>
    atTime(async (pass) => {
      const store = memoryStore();
      const browser = visit(store, { ttl: 100 });
      await browser.signIn("ann");
      const ttl = async () => (await store.ttl((await idsOf(store))[0] as string, { collection: "sessions" }))?.ttl;
      expect(await ttl()).toBe(100);
      await browser.commitSession(await browser.getSession(browser.cookie), { maxAge: 3600 });
      expect(await ttl()).toBe(3600);
      await browser.commitSession(await browser.getSession(browser.cookie), { expires: new Date(Date.now() + 50_000) });
      expect(await ttl()).toBe(50);
      pass(51);
      expect(await browser.user()).toBe(undefined);
      await browser.signIn("ann");
      await browser.commitSession(await browser.getSession(browser.cookie), { maxAge: 0 });
      expect(await idsOf(store)).toEqual([]);
    }));

  it("live for thousands of years if the cookie does", async () => {
    const store = memoryStore();
    const browser = visit(store, {});
    await browser.signIn("ann");
    const session = await browser.getSession(browser.cookie);
    await browser.commitSession(session, { expires: new Date("9999-12-31T23:59:59Z") });
    expect(await browser.user()).toBe("ann");
    expect((await store.ttl((await idsOf(store))[0]!, { collection: "sessions" }))?.ttl).toBeGreaterThan(1e11);
  });

  it("do not come back when their owner signs out while another request saves them", async () => {
    for (const save of ["commit", "rotate"]) {
      const { memory, store, beforeNextSwap } = storeWithRace();
      const browser = visit(store);
      const other = visit(memory);
      await browser.signIn("ann");
      other.cookie = browser.cookie;
      const session = await browser.getSession(browser.cookie);
      if (save === "commit") beforeNextSwap(other.signOut);
      else await other.signOut();
      const next = save === "commit" ? session : await browser.rotateSession(session);
      if (save === "rotate") expect(next.data).toEqual({});
      browser.keep(await browser.commitSession(next));
      expect(await browser.user()).toBe(undefined);
    }
  });

  it("keep what requests change at the same time, each in a property of its own", async () => {
    const store = memoryStore();
    const browser = visit(store);
    await browser.request((session) => {
      session.set("user", "ann");
      session.set("basket", 1);
    });
    const other = visit(store);
    other.cookie = browser.cookie;
    await browser.request(async (session) => {
      await other.request((session) => {
        session.set("basket", 3);
        session.flash("notice", "added");
      });
      session.set("user", "anna");
      browser.keep(await browser.commitSession(session));
      // A second commit of the same request saves what has changed since the first.
      await other.request((session) => session.set("user", "bob"));
      session.unset("basket");
    });
    const session = await browser.getSession(browser.cookie);
    expect([session.get("user"), session.get("basket"), session.get("notice")]).toEqual(["bob", undefined, "added"]);
  });

  it("keep what a hundred requests change at the same time", async () => {
    const store = memoryStore();
    const browser = visit(store);
    await browser.request((session) => session.set("user", "ann"));
    const requests = Array.from({ length: 100 }, async (_, i) => {
      const session = await browser.getSession(browser.cookie);
      await Promise.resolve();
      session.set(`page ${i}` as "user", `${i}`);
      await browser.commitSession(session);
    });
    await Promise.all(requests);
    const { data } = await browser.getSession(browser.cookie);
    expect(Object.keys(data).length).toBe(101);
  });

  it("keep what another request has changed when they get a new id", async () => {
    const store = memoryStore();
    const browser = visit(store);
    await browser.request((session) => session.set("basket", 1));
    const other = visit(store);
    other.cookie = browser.cookie;
    const session = await browser.getSession(browser.cookie);
    await other.request((session) => session.set("basket", 3));
    session.set("user", "ann");
    const next = await browser.rotateSession(session);
    expect(next.data).toEqual({ basket: 3, user: "ann" });
  });

  it("are replaced as a whole by the last request where merging is off", async () => {
    const store = memoryStore();
    const browser = visit(store, { merge: false });
    await browser.request((session) => session.set("user", "ann"));
    const other = visit(store, { merge: false });
    other.cookie = browser.cookie;
    await browser.request(async (session) => {
      await other.request((session) => session.set("basket", 3));
      session.set("user", "anna");
    });
    expect((await browser.getSession(browser.cookie)).data).toEqual({ user: "anna" });
  });

  it("are refused by a store that is not strongly consistent, unless the caller allows it", async () => {
    const store = { ...memoryStore() };
    expect(() => visit(store)).toThrow("strongly consistent");
    const browser = visit(store, { allowEventual: true, collection: "logins" });
    await browser.signIn("ann");
    await browser.request((session) => session.set("basket", 3));
    expect(await browser.user()).toBe("ann");
    await browser.signOut();
    expect(await browser.user()).toBe(undefined);
  });
});
