import { createSession, type Session } from "@remix-run/session";
import { describe, expect, it } from "#test";
import { type AsyncKeyValue, memoryStore } from "../../src/index.ts";
import { type RemixSessionOptions, remixSessionStorage } from "../../src/interop/remix-session.ts";
import { atTime, idsOf, storeWithCounts, storeWithRace } from "./support.ts";

/** A browser, whose every request may do something to the session. */
function visit(store: AsyncKeyValue, options?: RemixSessionOptions) {
  const storage = remixSessionStorage(store, createSession, options);
  const browser = {
    cookie: null as string | null,
    /** What the last response said of the cookie. */
    sent: null as string | null,
    async request(body: (session: Session) => unknown = () => {}): Promise<Session> {
      const session = await storage.read(browser.cookie);
      await body(session);
      browser.sent = await storage.save(session);
      if (browser.sent !== null) browser.cookie = browser.sent || null;
      return session;
    },
    user: async () => (await browser.request()).get("user"),
    signIn: (user: string) =>
      browser.request((session) => {
        session.regenerateId(true);
        session.set("user", user);
      }),
    signOut: () => browser.request((session) => session.destroy()),
  };
  return browser;
}

describe("sessions of @remix-run/session in a store", () => {
  it("are kept from request to request, and only when there is something in them", async () => {
    const store = memoryStore();
    const browser = visit(store);
    expect(await browser.user()).toBe(undefined);
    expect(browser.cookie).toBe(null);
    expect(await idsOf(store)).toEqual([]);
    await browser.signIn("ann");
    expect(await browser.user()).toBe("ann");
    expect(await idsOf(store)).toEqual([browser.cookie]);
  });

  it("show flashed values once", async () => {
    const browser = visit(memoryStore());
    await browser.request((session) => session.flash("notice", "welcome"));
    expect((await browser.request()).get("notice")).toBe("welcome");
    expect((await browser.request()).get("notice")).toBe(undefined);
  });

  it("get a new id at sign-in, and the one before opens nothing", async () => {
    const store = memoryStore();
    const browser = visit(store);
    await browser.request((session) => session.set("basket", 3));
    const planted = browser.cookie;
    await browser.signIn("ann");
    expect(browser.cookie).not.toBe(planted);
    expect((await browser.request()).get("basket")).toBe(3);
    expect(await idsOf(store)).toEqual([browser.cookie]);
    browser.cookie = planted;
    expect(await browser.user()).toBe(undefined);
  });

  it("keep the id before when that is asked for", async () => {
    const store = memoryStore();
    const browser = visit(store);
    await browser.request((session) => session.set("basket", 3));
    await browser.request((session) => session.regenerateId());
    expect((await idsOf(store)).length).toBe(2);
  });

  it("end in the store at sign-out, so that a copy of the cookie opens nothing", async () => {
    const store = memoryStore();
    const browser = visit(store);
    await browser.signIn("ann");
    const { cookie } = browser;
    await browser.signOut();
    expect(browser.sent).toBe("");
    expect(await idsOf(store)).toEqual([]);
    browser.cookie = cookie;
    expect(await browser.user()).toBe(undefined);
    await browser.signIn("bob");
    expect(browser.cookie).not.toBe(cookie);
  });

  it("never take over an id that is not in the store", async () => {
    const store = memoryStore();
    for (const planted of ["planted", "", "x".repeat(5000)]) {
      const browser = visit(store);
      browser.cookie = planted;
      await browser.request((session) => session.set("basket", 3));
      expect(browser.cookie).not.toBe(planted);
    }
    expect((await idsOf(store)).length).toBe(3);
  });

  it("live for their TTL after the last visit, and are written again at most once a minute", () =>
    atTime(async (pass) => {
      const { store, writes } = storeWithCounts();
      const browser = visit(store, { ttl: 1800 });
      await browser.signIn("ann");
      const { cookie } = browser;
      const sent: unknown[] = [];
      for (let visits = 0; visits < 4; visits++) {
        pass(35);
        await browser.user();
        sent.push(browser.sent);
      }
      expect(writes).toEqual(["touch", "touch"]);
      expect(sent).toEqual([null, cookie, null, cookie]);
      pass(1799);
      expect(await browser.user()).toBe("ann");
      pass(1799);
      expect(await browser.user()).toBe("ann");
      pass(1801);
      expect(await browser.user()).toBe(undefined);
    }));

  it("do not come back when their owner signs out while another request saves them", async () => {
    for (const change of [
      (session: Session) => session.set("page", 7),
      (session: Session) => session.regenerateId(true),
      (session: Session) => session.regenerateId(),
    ]) {
      const store = memoryStore();
      const browser = visit(store);
      const other = visit(store);
      await browser.signIn("ann");
      other.cookie = browser.cookie;
      await browser.request(async (session) => {
        change(session);
        await other.signOut();
      });
      expect(browser.sent).toBe(null);
      expect(await idsOf(store)).toEqual([]);
    }
  });

  it("do not come back when their owner signs out while another request moves their deadline", () =>
    atTime(async (pass) => {
      const { memory, store, beforeNextSwap, raced } = storeWithRace();
      const browser = visit(store, { ttl: 1800 });
      const other = visit(memory);
      await browser.signIn("ann");
      other.cookie = browser.cookie;
      pass(300);
      beforeNextSwap(other.signOut);
      await browser.user();
      expect(raced()).toBe(true);
      expect(browser.sent).toBe(null);
      expect(await idsOf(memory)).toEqual([]);
    }));

  it("lose nothing that another request put in when only their deadline moves", () =>
    atTime(async (pass) => {
      const { memory, store, beforeNextSwap } = storeWithRace();
      const browser = visit(store, { ttl: 1800 });
      const other = visit(memory);
      await browser.signIn("ann");
      other.cookie = browser.cookie;
      pass(300);
      beforeNextSwap(() => other.request((session) => session.set("basket", 3)));
      await browser.user();
      expect((await browser.request()).get("basket")).toBe(3);
    }));

  it("keep what requests change at the same time, each in a property of its own", async () => {
    const store = memoryStore();
    const browser = visit(store);
    await browser.request((session) => {
      session.set("basket", 1);
      session.set("page", 1);
      session.set("user", "ann");
    });
    const other = visit(store);
    other.cookie = browser.cookie;
    await browser.request(async (session) => {
      await other.request((session) => {
        session.set("basket", 3);
        session.unset("user");
        session.flash("notice", "added");
      });
      session.set("page", 7);
    });
    await browser.request((session) => {
      expect([session.get("basket"), session.get("page"), session.get("user")]).toEqual([3, 7, undefined]);
      expect(session.get("notice")).toBe("added");
    });
  });

  it("keep what another request has changed when they get a new id", async () => {
    for (const endOld of [true, false]) {
      const store = memoryStore();
      const browser = visit(store);
      await browser.request((session) => session.set("basket", 1));
      const other = visit(store);
      other.cookie = browser.cookie;
      await browser.request(async (session) => {
        await other.request((session) => session.set("basket", 3));
        session.regenerateId(endOld);
        session.set("user", "ann");
      });
      const session = await browser.request();
      expect([session.get("basket"), session.get("user")]).toEqual([3, "ann"]);
    }
  });

  it("are replaced as a whole by the last request where merging is off", async () => {
    const store = memoryStore();
    const browser = visit(store, { merge: false });
    await browser.request((session) => session.set("page", 1));
    const other = visit(store, { merge: false });
    other.cookie = browser.cookie;
    await browser.request(async (session) => {
      await other.request((session) => session.set("basket", 3));
      session.set("page", 7);
    });
    const session = await browser.request();
    expect([session.get("basket"), session.get("page")]).toEqual([undefined, 7]);
  });

  it("are refused by a store that is not strongly consistent, unless the caller allows it", async () => {
    const store = { ...memoryStore() };
    expect(() => remixSessionStorage(store, createSession)).toThrow("strongly consistent");
    const browser = visit(store, { allowEventual: true, collection: "logins" });
    await browser.signIn("ann");
    expect(await browser.user()).toBe("ann");
    await browser.request((session) => session.set("page", 7));
    await browser.signOut();
    expect(await browser.user()).toBe(undefined);
  });
});
