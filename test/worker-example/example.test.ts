import { describe, expect, it } from "#test";
import { type Capability, createStore, KeyValueError, memoryStore, type Store, toDriver } from "../../src/index.ts";
import { type AppOptions, createApp } from "../../worker-example/app.ts";
import type { Sales } from "../../worker-example/sales.ts";
import { atTime, idsOf, storeWith, storeWithRace } from "../interop/support.ts";

const ORIGIN = "https://shop.example";
const MINUTE = 60;

const sales: Sales = {
  days: [{ date: "2026-11-23", orders: 17, revenue: 4250 }],
  products: [{ name: "Beans & <b>more</b>", sold: 17, revenue: 4250 }],
};

interface Options extends Partial<Omit<AppOptions, "sessions">> {
  readonly sessions?: Store<Capability>;
  readonly origin?: string;
}

/** A browser in front of an app with stores of its own; it keeps the cookie that it is given. */
function visit(options: Options = {}) {
  const { sessions = memoryStore(), cache = memoryStore(), secret = "a secret", origin = ORIGIN, ...rest } = options;
  let loads = 0;
  const load = async () => {
    loads++;
    return sales;
  };
  const app = createApp({ sessions, secret, cache, load, ...rest });
  const browser = {
    cookie: "",
    async get(path: string, headers?: Record<string, string>): Promise<Response> {
      const own = browser.cookie ? { cookie: browser.cookie } : {};
      return keep(await app.request(origin + path, { headers: { ...own, ...headers } }));
    },
    async post(path: string, form: Record<string, string> = {}, headers: Record<string, string> = { origin }) {
      const own = browser.cookie ? { cookie: browser.cookie } : {};
      const body = new URLSearchParams(form);
      return keep(await app.request(origin + path, { method: "POST", body, headers: { ...own, ...headers } }));
    },
    signIn: (name = "Ann") => browser.post("/sign-in", { name }),
    text: async (path: string) => (await browser.get(path)).text(),
    ids: () => idsOf(sessions),
    loads: () => loads,
  };
  function keep(response: Response): Response {
    const set = response.headers.get("set-cookie");
    if (set) browser.cookie = set.includes("Max-Age=0") ? "" : (set.split(";")[0] as string);
    return response;
  }
  return browser;
}

/** What is written to the console as errors meanwhile. */
async function errorsOf(body: () => Promise<void>): Promise<unknown[]> {
  const { error } = console;
  const seen: unknown[] = [];
  console.error = (...args: unknown[]) => seen.push(...args);
  try {
    await body();
  } finally {
    console.error = error;
  }
  return seen;
}

function expectSignIn(response: Response): void {
  expect(response.status).toBe(303);
  expect(response.headers.get("location")).toBe("/sign-in");
}

describe("the session of the example", () => {
  it("starts at sign-in, lasts over visits and ends at sign-out", async () => {
    const browser = visit();
    expectSignIn(await browser.get("/"));
    const signedIn = await browser.signIn("Ann");
    expect(signedIn.status).toBe(303);
    expect(signedIn.headers.get("location")).toBe("/");
    expect(await browser.text("/")).toContain('<b id="user">Ann</b>');
    expect(await browser.text("/")).toContain('<b id="user">Ann</b>');
    expect((await browser.get("/sign-in")).headers.get("location")).toBe("/");

    const { cookie } = browser;
    expectSignIn(await browser.post("/sign-out"));
    expect(browser.cookie).toBe("");
    expect(await browser.ids()).toEqual([]);
    browser.cookie = cookie;
    expectSignIn(await browser.get("/"));
  });

  it("lets those look into the stores who know the password, if there is one", async () => {
    const closed = visit();
    expect((await closed.get("/inspect/sessions")).status).toBe(404);
    const browser = visit({ inspectorPassword: "pässword:1" });
    await browser.signIn();
    const [id = ""] = await browser.ids();
    const basic = (text: string) => ({
      authorization: `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(text)))}`,
    });
    for (const headers of [{}, basic("ann:wrong"), basic("pässword:1"), basic("ann:"), { authorization: "Basic %" }]) {
      const refused = await browser.get("/inspect/sessions", headers as Record<string, string>);
      expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([
        401,
        'Basic realm="inspector", charset="UTF-8"',
      ]);
    }
    const shown = await browser.get("/inspect/sessions?collection=sessions", basic("ann:pässword:1"));
    expect(shown.headers.get("content-security-policy")).toContain("script-src 'nonce-");
    expect(await shown.text()).toContain(id);
    expect((await browser.get("/inspect/cache", basic("ann:pässword:1"))).status).toBe(200);
  });

  it("sends a cookie that scripts and other sites do not get, and that stays on https", async () => {
    const browser = visit();
    const parts = ((await browser.signIn()).headers.get("set-cookie") as string).split("; ");
    expect(parts[0]).toMatch(/^sid=[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(parts.slice(1).sort()).toEqual(["HttpOnly", "Max-Age=43200", "Path=/", "SameSite=Lax", "Secure"]);
    const plain = visit({ origin: "http://127.0.0.1:8787" });
    expect((await plain.signIn()).headers.get("set-cookie")).not.toContain("Secure");
    expect(await plain.text("/")).toContain("Ann");
  });

  it("gets a new id at every sign-in, and the one before is forgotten", async () => {
    const browser = visit();
    await browser.signIn();
    const { cookie } = browser;
    const [first] = await browser.ids();
    await browser.signIn("Bob");
    expect(browser.cookie).not.toBe(cookie);
    const ids = await browser.ids();
    expect(ids.length).toBe(1);
    expect(ids[0]).not.toBe(first);
    expect(await browser.text("/")).toContain("Bob");
    browser.cookie = cookie;
    expectSignIn(await browser.get("/"));
  });

  it("is not there for a cookie that was made up, and the store is not asked", async () => {
    let reads = 0;
    const { store } = storeWith(({ read }) => ({
      read(...args) {
        reads++;
        return read(...args);
      },
    }));
    const browser = visit({ sessions: store });
    await browser.signIn();
    const { cookie } = browser;
    const stranger = visit({ secret: "another secret" });
    await stranger.signIn();
    const altered = cookie.replace(/.(?=.{30}$)/, (letter) => (letter === "A" ? "B" : "A"));
    reads = 0;
    const errors = await errorsOf(async () => {
      for (const forged of [altered, stranger.cookie]) {
        browser.cookie = forged;
        expectSignIn(await browser.get("/"));
        browser.cookie = forged;
        expect((await browser.post("/refresh")).status).toBe(303);
      }
    });
    expect(errors.length).toBe(4);
    expect(JSON.stringify(errors.map(String))).not.toContain(cookie.slice(-20));
    const silent = await errorsOf(async () => {
      const endings = [
        "f".repeat(32),
        cookie.slice(8),
        `${cookie.slice(4)}.x`,
        "",
        "%00",
        "__proto__",
        "x".repeat(3000),
      ];
      for (const forged of endings) {
        browser.cookie = `sid=${forged}`;
        expectSignIn(await browser.get("/"));
        expect((await browser.post("/refresh")).status).toBe(303);
      }
    });
    expect(silent).toEqual([]);
    expect(reads).toBe(0);
    expect(browser.loads()).toBe(0);
    expect((await browser.ids()).length).toBe(1);
    browser.cookie = cookie;
    expect(await browser.text("/")).toContain("Ann");
    expect(reads).toBe(1);
  });

  it("lives for half an hour after the last visit", () =>
    atTime(async (pass) => {
      const browser = visit();
      await browser.signIn();
      for (let visits = 0; visits < 3; visits++) {
        pass(29 * MINUTE);
        expect((await browser.get("/")).status).toBe(200);
      }
      pass(30 * MINUTE);
      expectSignIn(await browser.get("/"));
    }));

  it("is written again at most once a minute", () =>
    atTime(async (pass) => {
      let writes = 0;
      const { store } = storeWith(({ swap, apply }) => ({
        swap(...args) {
          writes++;
          return swap(...args);
        },
        apply(...args) {
          writes++;
          return apply!(...args);
        },
      }));
      const browser = visit({ sessions: store });
      await browser.signIn();
      writes = 0;
      for (let visits = 0; visits < 4; visits++) {
        pass(31);
        await browser.get("/");
      }
      expect(writes).toBe(2);
    }));

  it("does not come back when its owner signs out during another visit", () =>
    atTime(async (pass) => {
      const { memory, store, beforeNextSwap, raced } = storeWithRace();
      const browser = visit({ sessions: store });
      const other = visit({ sessions: memory });
      await browser.signIn();
      other.cookie = browser.cookie;
      pass(5 * MINUTE);
      beforeNextSwap(() => other.post("/sign-out"));
      expectSignIn(await browser.get("/"));
      expect(raced()).toBe(true);
      expect(await browser.ids()).toEqual([]);
    }));

  it("gives no cookie to those who do not sign in", async () => {
    const browser = visit();
    await browser.get("/");
    await browser.get("/sign-in");
    await browser.post("/refresh");
    expect(browser.cookie).toBe("");
  });
});

describe("the cache of the example", () => {
  it("misses first, then hits, with the age and the time left", () =>
    atTime(async (pass) => {
      const browser = visit();
      await browser.signIn();
      const miss = await browser.text("/");
      expect(miss).toContain("Cache miss");
      expect(miss).toContain('id="age">0 s<');
      expect(miss).toContain('id="left">60 s<');
      pass(20);
      const hit = await browser.text("/");
      expect(hit).toContain("Cache hit");
      expect(hit).toContain('id="age">20 s<');
      expect(hit).toContain('id="left">40 s<');
      expect(browser.loads()).toBe(1);
      pass(40);
      expect(await browser.text("/")).toContain("Cache miss");
      expect(browser.loads()).toBe(2);
    }));

  it("is filled again on request, by who is signed in", () =>
    atTime(async (pass) => {
      const browser = visit();
      await browser.signIn();
      await browser.get("/");
      pass(20);
      expect((await browser.post("/refresh")).headers.get("location")).toBe("/");
      expect(browser.loads()).toBe(2);
      expect(await browser.text("/")).toContain('id="age">0 s<');
      browser.cookie = "";
      await browser.post("/refresh");
      expect(browser.loads()).toBe(2);
    }));
});

describe("the pages of the example", () => {
  it("escape what people and data bring along", async () => {
    const browser = visit();
    await browser.signIn(`<script>alert("1")</script>&'`);
    const text = await browser.text("/");
    expect(text).toContain('<b id="user">&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;</b>');
    expect(text).toContain("Beans &amp; &lt;b&gt;more&lt;/b&gt;");
    expect(text).not.toContain("<script");
    const again = await (await browser.signIn(`"><script>${"x".repeat(40)}`)).text();
    expect(again).toContain('value="&quot;&gt;&lt;script&gt;');
    expect(again).not.toContain("<script");
  });

  it("refuse a sign-in without a name, or with a very long one", async () => {
    const browser = visit();
    for (const name of ["", "   ", "x".repeat(41)]) {
      const response = await browser.signIn(name);
      expect(response.status).toBe(400);
      expect(await response.text()).toContain("Please enter a name");
    }
    expect((await browser.post("/sign-in")).status).toBe(400);
    expect((await browser.signIn("x".repeat(5000))).status).toBe(413);
    expect(browser.cookie).toBe("");
    expect(await browser.ids()).toEqual([]);
  });

  it("refuse forms that another site sends", async () => {
    const browser = visit();
    const foreign = [
      { origin: "https://evil.example" },
      { origin: "https://evil.shop.example", "sec-fetch-site": "same-site" },
      { origin: "null", "sec-fetch-site": "cross-site" },
      {},
    ];
    for (const headers of foreign) {
      expect((await browser.post("/sign-in", { name: "Eve" }, headers)).status).toBe(403);
    }
    expect(await browser.ids()).toEqual([]);
    await browser.signIn();
    for (const headers of foreign) {
      expect((await browser.post("/sign-out", {}, headers)).status).toBe(403);
      expect((await browser.post("/refresh", {}, headers)).status).toBe(403);
    }
    expect(browser.loads()).toBe(0);
    expect(await browser.text("/")).toContain("Ann");
    expect((await browser.get("/sign-out")).status).toBe(404);
  });

  it("allow no scripts, no frames and no copies in shared caches", async () => {
    const browser = visit();
    await browser.signIn();
    for (const path of ["/", "/sign-in", "/nowhere"]) {
      const { headers } = await browser.get(path);
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
    }
    const style = await browser.get("/style.css");
    expect(style.headers.get("content-type")).toBe("text/css; charset=utf-8");
    expect(style.headers.get("cache-control")).toContain("max-age");
  });

  /** Somebody who has signed in, with a store that can be made to fail. */
  async function unlucky(part: "sessions" | "cache") {
    const failing = { on: false };
    const driver = toDriver(memoryStore());
    const read: typeof driver.read = (...args) => {
      if (failing.on) throw new KeyValueError("unavailable", "no answer from 10.0.0.7");
      return driver.read(...args);
    };
    const browser = visit({ [part]: createStore({ ...driver, read }) });
    await browser.signIn();
    failing.on = true;
    return { browser, failing };
  }

  it("say that the sessions cannot be read, without details of it", async () => {
    const { browser, failing } = await unlucky("sessions");
    const errors = await errorsOf(async () => {
      const response = await browser.get("/");
      expect(response.status).toBe(503);
      const text = await response.text();
      expect(text).toContain("A store did not answer");
      expect(text).not.toContain("10.0.0.7");
    });
    expect(errors.map((error) => (error as KeyValueError).code)).toEqual(["unavailable"]);
    failing.on = false;
    expect((await browser.get("/")).status).toBe(200);
  });

  it("do without a cache that cannot be read", async () => {
    const { browser } = await unlucky("cache");
    expect(await browser.text("/")).toContain("Cache miss");
    expect(await browser.text("/")).toContain("Cache miss");
  });
});
