import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { describe, expect, it } from "#test";
import { type Capability, KeyValueError, memoryStore, type Store } from "../../src/index.ts";
import { type BetterAuthStorage, betterAuthRateLimit, betterAuthStorage } from "../../src/interop/better-auth.ts";
import { atTime, idsOf, storeWith, storeWithCounts, storeWithRace } from "./support.ts";

const origin = "https://app.example";
const collection = "better-auth";

type Database = Record<string, Record<string, unknown>[]>;

/** An app that signs people in, with its users in `database` and everything short-lived in the storage. */
function authWith(
  secondaryStorage: BetterAuthStorage,
  database: Database,
  sent: string[] = [],
  limits?: Store<Capability>,
) {
  return betterAuth({
    baseURL: origin,
    secret: "a secret for nothing but these tests, long enough",
    database: memoryAdapter(database),
    secondaryStorage,
    logger: { disabled: true },
    telemetry: { enabled: false },
    session: { expiresIn: 3600, updateAge: 60 },
    rateLimit: {
      enabled: true,
      window: 60,
      max: 100,
      ...(limits ? { customStorage: betterAuthRateLimit(limits) } : { storage: "secondary-storage" }),
    },
    advanced: { ipAddress: { ipAddressHeaders: ["x-client"] } },
    emailAndPassword: {
      enabled: true,
      // The slow hash of the real thing is not what is tested here.
      password: {
        hash: async (text) => `hash of ${text}`,
        verify: async ({ hash, password }) => hash === `hash of ${password}`,
      },
      sendResetPassword: async ({ token }) => void sent.push(token),
    },
  });
}

const newDatabase = (): Database => ({ user: [], session: [], account: [], verification: [] });

interface Options {
  readonly database?: Database;
  readonly client?: string;
  /** Happens once, right before better-auth writes a session. */
  readonly beforeSet?: () => Promise<unknown>;
}

/** A browser in front of an instance of the app. */
function visit(store: Store<Capability>, { database = newDatabase(), client = "10.0.0.1", beforeSet }: Options = {}) {
  const sent: string[] = [];
  const storage = betterAuthStorage(store);
  let meanwhile = beforeSet;
  const auth = authWith(
    {
      ...storage,
      async set(key, value, ttl) {
        const first = browser.cookie && key === tokenOf(browser.cookie) ? meanwhile : undefined;
        if (first) meanwhile = undefined;
        await first?.();
        return storage.set(key, value, ttl);
      },
    },
    database,
    sent,
  );
  const browser = {
    cookie: "",
    sent,
    raced: () => meanwhile === undefined,
    async send(path: string, body?: object): Promise<Response> {
      const headers = { origin, cookie: browser.cookie, "x-client": client, "content-type": "application/json" };
      const init = body ? { method: "POST", body: JSON.stringify(body), headers } : { headers };
      const response = await auth.handler(new Request(`${origin}/api/auth${path}`, init));
      for (const cookie of response.headers.getSetCookie()) {
        const [pair = ""] = cookie.split(";");
        if (pair.startsWith("__Secure-better-auth.session_token="))
          browser.cookie = cookie.includes("Max-Age=0") ? "" : pair;
      }
      return response;
    },
    signUp: () =>
      browser.send("/sign-up/email", { name: "Ann", email: "ann@app.example", password: "a long password" }),
    signIn: (password = "a long password") => browser.send("/sign-in/email", { email: "ann@app.example", password }),
    signOut: () => browser.send("/sign-out", {}),
    async user(): Promise<string | undefined> {
      const session = (await (await browser.send("/get-session")).json()) as { user: { name: string } } | null;
      return session?.user.name;
    },
  };
  return browser;
}

/** The token in a cookie is what the session lies under. */
const tokenOf = (cookie: string) => decodeURIComponent(cookie.split("=")[1] as string).split(".")[0] as string;

describe("better-auth with a store as its secondary storage", () => {
  it("keeps people signed in, with nothing of their sessions in the database", async () => {
    const store = memoryStore();
    const database = newDatabase();
    const browser = visit(store, { database });
    expect((await browser.signUp()).status).toBe(200);
    expect(await browser.user()).toBe("Ann");
    expect(database.session).toEqual([]);
    expect(await idsOf(store, collection)).toContain(tokenOf(browser.cookie));
    const elsewhere = visit(store, { database });
    expect(await elsewhere.user()).toBe(undefined);
    elsewhere.cookie = browser.cookie;
    expect(await elsewhere.user()).toBe("Ann");
  });

  it("removes the session at sign-out, so that a copy of the cookie opens nothing", () =>
    atTime(async (pass) => {
      const store = memoryStore();
      const browser = visit(store);
      await browser.signUp();
      const { cookie } = browser;
      await browser.signOut();
      expect(browser.cookie).toBe("");
      expect(JSON.stringify(await store.get(tokenOf(cookie), { collection }))).not.toContain("Ann");
      browser.cookie = cookie;
      expect(await browser.user()).toBe(undefined);
      pass(301);
      expect(await idsOf(store, collection)).not.toContain(tokenOf(cookie));
    }));

  it("starts a session under a new token at every sign-in", async () => {
    const browser = visit(memoryStore());
    await browser.signUp();
    const first = browser.cookie;
    await browser.signOut();
    await browser.signIn();
    expect(await browser.user()).toBe("Ann");
    expect(tokenOf(browser.cookie)).not.toBe(tokenOf(first));
    expect(tokenOf(browser.cookie)).toMatch(/^[a-zA-Z0-9]{32}$/);
  });

  it("gives a new token and ends all other sessions when the password is changed", async () => {
    const browser = visit(memoryStore());
    await browser.signUp();
    const before = browser.cookie;
    const body = { currentPassword: "a long password", newPassword: "another password", revokeOtherSessions: true };
    expect((await browser.send("/change-password", body)).status).toBe(200);
    expect(tokenOf(browser.cookie)).not.toBe(tokenOf(before));
    expect(await browser.user()).toBe("Ann");
    browser.cookie = before;
    expect(await browser.user()).toBe(undefined);
  });

  it("lets sessions live on with every visit, and forgets them an hour after the last", () =>
    atTime(async (pass) => {
      const store = memoryStore();
      const browser = visit(store);
      await browser.signUp();
      for (let visits = 0; visits < 3; visits++) {
        pass(3500);
        expect(await browser.user()).toBe("Ann");
      }
      pass(3601);
      expect(await browser.user()).toBe(undefined);
      pass(61);
      expect(await idsOf(store, collection)).toEqual([]);
    }));

  it("does not bring a session back when its owner signs out while another request saves it", async () => {
    const store = memoryStore();
    const database = newDatabase();
    const other = visit(store, { database });
    const browser = visit(store, {
      database,
      beforeSet: () => {
        other.cookie = browser.cookie;
        return other.signOut();
      },
    });
    await browser.signUp();
    const { cookie } = browser;
    await browser.send("/update-user", { name: "Anna" });
    expect(browser.raced()).toBe(true);
    browser.cookie = cookie;
    expect(await browser.user()).toBe(undefined);
  });

  it("does not bring a session back when the sign-out comes between reading and writing in the store", async () => {
    const { memory, store, beforeNextSwap, raced } = storeWithRace();
    const storage = betterAuthStorage(store);
    const other = betterAuthStorage(memory);
    const session = JSON.stringify({ session: { token: "token" }, user: {} });
    await storage.set("token", session, 60);
    expect(await storage.get("token")).toBe(session);
    beforeNextSwap(() => other.delete("token"));
    await storage.set("token", session, 60);
    expect(raced()).toBe(true);
    expect(await storage.get("token")).toBe(null);
  });

  it("lets a key that is no session come back after it was deleted", async () => {
    const storage = betterAuthStorage(memoryStore());
    for (const value of ["[]", "null", "no JSON", JSON.stringify({ session: { token: "another" } })]) {
      await storage.set("key", value);
      await storage.delete("key");
      expect(await storage.get("key")).toBe(null);
      await storage.set("key", value);
      expect(await storage.get("key")).toBe(value);
    }
  });

  it("counts attempts over all instances, until the window is over", () =>
    atTime(async (pass) => {
      const store = memoryStore();
      const database = newDatabase();
      await visit(store, { database, client: "10.0.0.9" }).signUp();
      const [one, two] = [visit(store, { database }), visit(store, { database })];
      const attempts = [];
      for (const browser of [one, two, one, two]) attempts.push((await browser.signIn("wrong")).status);
      expect(attempts).toEqual([401, 401, 401, 429]);
      expect((await visit(store, { database, client: "10.0.0.2" }).signIn()).status).toBe(200);
      pass(11);
      expect((await one.signIn()).status).toBe(200);
    }));

  it("limits attempts with one atomic call each, over all instances, until the window has passed", () =>
    atTime(async (pass) => {
      const { store, writes } = storeWithCounts();
      const database = newDatabase();
      const instance = () => authWith(betterAuthStorage(store), database, [], store);
      const attempt = (client: string) => {
        const headers = { origin, "x-client": client, "content-type": "application/json" };
        const body = JSON.stringify({ email: "ann@app.example", password: "wrong" });
        const request = new Request(`${origin}/api/auth/sign-in/email`, { method: "POST", headers, body });
        return instance().handler(request);
      };
      const responses = await Promise.all(Array.from({ length: 20 }, () => attempt("10.0.0.1")));
      const refused = responses.filter(({ status }) => status === 429);
      expect(refused.length).toBe(17);
      expect(writes.filter((name) => name === "limit").length).toBe(20);
      expect((await attempt("10.0.0.2")).status).toBe(401);
      const wait = Number(refused[0]?.headers.get("x-retry-after"));
      expect([wait >= 10, wait <= 11]).toEqual([true, true]);
      pass(wait);
      expect((await attempt("10.0.0.1")).status).toBe(401);
    }));

  it("answers a limit question as better-auth asks it, in seconds", () =>
    atTime(async (pass) => {
      const limit = betterAuthRateLimit(memoryStore());
      const rule = { window: 64, max: 1 };
      expect(await limit.consume("k", rule)).toEqual({ allowed: true, retryAfter: null });
      const { allowed, retryAfter } = await limit.consume("k", rule);
      expect([allowed, retryAfter! >= 64, retryAfter! <= 65]).toEqual([false, true, true]);
      pass(retryAfter!);
      expect((await limit.consume("k", rule)).allowed).toBe(true);
      expect(await limit.consume("k", { window: 5, max: 0 })).toEqual({ allowed: false, retryAfter: 5 });
      const endless = { window: 5, max: Number.POSITIVE_INFINITY };
      expect(await limit.consume("k", endless)).toEqual({ allowed: true, retryAfter: null });
    }));

  it("counts from the first of a window, and exactly", () =>
    atTime(async (pass) => {
      const storage = betterAuthStorage(memoryStore());
      const counted = await Promise.all(Array.from({ length: 20 }, () => storage.increment("key", 10)));
      expect(counted.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
      pass(9);
      expect(await storage.increment("key", 10)).toBe(21);
      expect(await storage.get("key")).toBe("21");
      pass(1);
      expect(await storage.increment("key", 10)).toBe(1);
    }));

  it("takes a one-time token once, also when it is sent many times at once", async () => {
    const store = memoryStore();
    const database = newDatabase();
    const browser = visit(store, { database });
    await browser.signUp();
    await browser.send("/request-password-reset", { email: "ann@app.example", redirectTo: "/" });
    const [token] = browser.sent;
    expect(database.verification).toEqual([]);
    const reset = async (i: number) => {
      const instance = visit(store, { database, client: `10.0.1.${i}` });
      return (await instance.send("/reset-password", { newPassword: `password number ${i}`, token })).status;
    };
    const statuses = await Promise.all(Array.from({ length: 10 }, (_, i) => reset(i)));
    expect(statuses.filter((status) => status === 200).length).toBe(1);
    expect(statuses.filter((status) => status === 400).length).toBe(9);
  });

  it("removes what is to live for no time at all", async () => {
    for (const store of [memoryStore(), { ...memoryStore() }]) {
      const storage = betterAuthStorage(store, { allowEventual: true });
      await storage.set("key", "value", 10);
      await storage.set("key", "later", 0);
      expect(await storage.get("key")).toBe(null);
    }
  });

  it("has no atomic methods where the store has none", async () => {
    const { take: _, putIfAbsent: __, update: ___, increment: ____, ...store } = memoryStore();
    const storage = betterAuthStorage(store, { allowEventual: true });
    expect(Object.keys(storage).sort()).toEqual(["delete", "get", "set"]);
    // @ts-expect-error better-auth asks for more than this store can do
    const complete: BetterAuthStorage = storage;
    expect("increment" in complete).toBe(false);
    await storage.set("key", "value", 10);
    expect(await storage.get("key")).toBe("value");
    await storage.delete("key");
    expect(await storage.get("key")).toBe(null);
  });

  it("fails without naming a token, since errors get into logs", async () => {
    const { store } = storeWith(() => ({
      read(collection, keys) {
        throw new KeyValueError("unavailable", "out of order", { collection, key: keys[0] });
      },
    }));
    for (const failing of [store, { ...store }]) {
      const storage = betterAuthStorage(failing, { allowEventual: true });
      const error: unknown = await storage.get("token").catch((error: unknown) => error);
      expect(error instanceof KeyValueError && [error.code, error.key]).toEqual(["unavailable", undefined]);
    }
  });

  it("is refused by a store that is not strongly consistent, unless the caller allows it", () => {
    expect(() => betterAuthStorage({ ...memoryStore() })).toThrow("strongly consistent");
    expect(() => betterAuthStorage({ ...memoryStore() }, { allowEventual: true })).not.toThrow();
  });
});
