import { describe, expect, it } from "#test";
import {
  type AsyncKeyValue,
  type Capability,
  createStore,
  KeyValueError,
  memoryStore,
  type Store,
  toDriver,
} from "../src/index.ts";
import { inspector } from "../src/inspector.ts";
import { readOnly } from "../src/wrappers/read-only.ts";
import { statistics } from "../src/wrappers/statistics.ts";
import { storeWith } from "./interop/support.ts";
import { HOSTILE, ORIGIN, unescaped, valueIn, visit } from "./support/inspecting.ts";

/** A store with nothing but the eight methods. */
const bare = (store: AsyncKeyValue): AsyncKeyValue => {
  const { name, consistency, read, write, remove } = toDriver(store);
  return createStore({ name, consistency, read, write, remove });
};

const users = { collection: "users" };

describe("an inspector", () => {
  it("cannot be made without a decision about who may use it", () => {
    const make = inspector as (...args: unknown[]) => unknown;
    expect(() => make(memoryStore(), {})).toThrow(TypeError);
    expect(() => make(memoryStore())).toThrow(TypeError);
    expect(() => make(memoryStore(), { authorize: true })).toThrow("authorize must be a function");
    expect(() => make({}, { authorize: () => true })).toThrow(TypeError);
    expect(() => make(memoryStore(), { authorize: () => true, pageSize: 0 })).toThrow("pageSize");
    expect(() => make(memoryStore(), { authorize: () => true, title: 1 })).toThrow("title");
    expect(() => make(memoryStore(), { authorize: () => true, writable: "yes" })).toThrow("writable");
  });

  it("shows nothing unless authorize returns true", async () => {
    const store = memoryStore();
    await store.put("secret-key", "secret-value", users);
    for (const decision of [false, undefined, null, 1, "true", {}]) {
      const authorize = async () => decision as boolean;
      const { send } = visit(store, { authorize });
      for (const [query, method] of [
        ["?collection=users", "GET"],
        ["?collection=users&key=secret-key", "GET"],
        ["?do=view", "POST"],
        ["?do=delete", "POST"],
        ["?do=nothing", "POST"],
      ] as const) {
        const response = await send(query, { method });
        expect(response.status).toBe(403);
        expect(await response.text()).not.toMatch(/secret-(key|value)/);
      }
    }
    const down = async () => {
      throw new Error("the sessions are down");
    };
    const failed = await visit(store, { authorize: down })
      .send("?collection=users")
      .catch((error: Error) => error.message);
    expect(failed).toBe("the sessions are down");

    const challenge = new Response("Who are you?", { status: 401, headers: { "www-authenticate": "Basic" } });
    const response = await visit(store, { authorize: () => challenge }).send("");
    expect([response.status, response.headers.get("www-authenticate")]).toEqual([401, "Basic"]);
  });

  it("asks for the access that a request needs, and hides forms from those who may only read", async () => {
    const store = memoryStore();
    await store.put("k", 1, users);
    const asked: string[] = [];
    const { page, submit } = visit(store, {
      authorize: (request, access) => {
        asked.push(`${request.method} ${access}`);
        return access === "read";
      },
    });
    const html = await page("?collection=users&key=k");
    expect(html).not.toContain("?do=save");
    expect(html).not.toContain("?do=delete");
    expect((await submit(html, "delete", { collection: "users", key: "k" })).status).toBe(403);
    expect(asked).toEqual(["GET read", "GET write", "POST write"]);
    expect(await store.get("k", users)).toBe(1);
  });

  it("only reads unless it is made writable", async () => {
    const store = memoryStore();
    await store.put("k", 1, users);
    const { page, submit } = visit(store, { writable: false });
    const html = await page("?collection=users&key=k");
    expect(valueIn(html)).toBe("1");
    expect(html).not.toContain("?do=");
    for (const action of ["save", "delete"]) {
      expect((await submit(html, action, { collection: "users", key: "k", value: "2" })).status).toBe(403);
    }
    expect(await store.get("k", users)).toBe(1);
  });

  it("lists collections and keys page by page, by prefix, and shows a value with its time left", async () => {
    const store = memoryStore();
    for (const name of ["orders", "users", "users-old"]) await store.put("k", 1, { collection: name });
    for (let i = 0; i < 7; i++)
      await store.put(`user:${i}`, { i, list: [1, {}], empty: [] }, { ...users, ttl: 1_000_000 });
    const { page, links } = visit(store, { pageSize: 3 });
    expect(links(await page("")).sort()).toEqual([
      "?",
      "?collection=orders",
      "?collection=users",
      "?collection=users-old",
    ]);
    expect(links(await page("?prefix=users"))).not.toContain("?collection=orders");

    const found: string[] = [];
    let next: string | undefined = "?collection=users&prefix=user%3A";
    while (next !== undefined) {
      const all: string[] = links(await page(next));
      found.push(...all.filter((link) => link.includes("key=")));
      next = all.find((link) => link.includes("cursor="));
    }
    expect(found).toEqual([0, 1, 2, 3, 4, 5, 6].map((i) => `?collection=users&key=user%3A${i}`));

    const html = await page(found[2] as string);
    expect(valueIn(html)).toBe(JSON.stringify({ i: 2, list: [1, {}], empty: [] }, null, 2));
    expect(html).toMatch(/data-left="(999\d{3}\.?\d*|1000000)">in (999,\d{3}|1,000,000) s/);
    expect(await page("?collection=users&find=k")).toContain("never");
    expect((await visit(store).send("?collection=users&key=nobody")).status).toBe(404);
  });

  it("finds, saves and deletes entries with any name, and shows names as text", async () => {
    for (const collection of ["users", ...HOSTILE.slice(0, -2)]) {
      const store = memoryStore();
      for (const key of collection === "users" ? HOSTILE : ["k"]) {
        await store.put(key, "before", { collection });
        const { page, submit, links, send } = visit(store);
        const list = links(await page(""))[1] as string;
        const html = await page(list);
        expect(html).not.toMatch(/<script>alert|<img/);
        expect(html).not.toContain("\u0000");
        expect(html).not.toMatch(/[\p{Cf}\u2028\ufffd]/u);
        const link = links(html).find((link) => link.includes("key"));
        const entry = await (link ? send(link) : submit(html, "view"));
        const shown = await entry.text();
        expect(entry.status).toBe(200);
        expect(valueIn(shown)).toBe('"before"');
        expect(shown).not.toMatch(/<script>alert|<img/);

        const saved = await submit(shown, "save", { value: '"after"' });
        expect(saved.status).toBe(303);
        expect(await store.get(key, { collection })).toBe("after");
        expect(await page(saved.headers.get("location") as string)).toContain("Saved.");
        const again = await (link ? send(link) : submit(html, "view"));
        expect((await submit(await again.text(), "delete")).status).toBe(303);
        expect(await store.get(key, { collection })).toBe(null);
      }
    }
  });

  it("shows values as text, with characters that would be invisible as escapes", async () => {
    const store = memoryStore();
    const value = {
      "<b>": "</textarea></pre><script>alert(1)</script>",
      bidi: "\u202e\u2066",
      lone: "\ud800",
      __proto__x: '"&',
    };
    await store.put("k", value, users);
    const html = await visit(store).page("?collection=users&key=k");
    expect(html.match(/<script/g)?.length).toBe(1);
    expect(html).not.toMatch(/[\u202e\u2066\ufffd]/);
    expect(JSON.parse(valueIn(html))).toEqual(value);
  });

  it("refuses forms of other sites, forms without the token and bodies that are no form", async () => {
    const store = memoryStore();
    await store.put("k", 1, users);
    const own = { "sec-fetch-site": "same-origin" };
    const { page, submit, send } = visit(store);
    const html = await page("?collection=users&key=k");
    for (const headers of [
      {},
      { "sec-fetch-site": "cross-site", origin: ORIGIN },
      { "sec-fetch-site": "same-site" },
      { "sec-fetch-site": "none" },
      { origin: "https://evil.example" },
      { origin: "null" },
      { origin: `${ORIGIN}.evil.example` },
    ] as Record<string, string>[]) {
      for (const action of ["delete", "save"])
        expect((await submit(html, action, { value: "2" }, headers)).status).toBe(403);
    }
    for (const token of ["", "x", "A".repeat(32)])
      expect((await submit(html, "delete", { token }, own)).status).toBe(403);
    expect((await visit(store).submit(html, "delete", {}, own)).status).toBe(403);
    for (const type of ["application/json", "text/plain", "multipart/form-data"]) {
      const headers = { ...own, "content-type": type };
      expect((await send("?do=delete", { method: "POST", body: "{}", headers })).status).toBe(415);
    }
    const large = new URLSearchParams({ value: "x".repeat(1_100_000) });
    expect((await send("?do=save", { method: "POST", body: large, headers: own })).status).toBe(413);
    expect(await store.get("k", users)).toBe(1);
    expect((await submit(html, "delete", {}, { origin: ORIGIN })).status).toBe(303);
  });

  it("keeps its token from scripts, other sites and other hosts", async () => {
    const store = memoryStore();
    const inspect = inspector(store, { authorize: () => true, writable: true });
    const cookieOf = async (url: string) =>
      (await inspect(new Request(`${url}?collection=users&key=k`))).headers.get("set-cookie");
    expect(await cookieOf("https://a.example/x")).toMatch(
      /^__Host-inspector-token=[\w-]{32}; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
    );
    expect(await cookieOf("http://localhost/x")).toMatch(/^inspector-token=[\w-]{32}; HttpOnly; SameSite=Strict$/);
  });

  it("lets a page load nothing, run nothing but its own script, and be stored or framed nowhere", async () => {
    const store = memoryStore();
    await store.put("k", 1, users);
    const { send } = visit(store);
    const nonces = new Set<string>();
    for (const query of [
      "",
      "?collection=users",
      "?collection=users&key=k",
      "?collection=users&cursor=x",
      "?collection=users&key=k&raw=",
    ]) {
      const response = await send(query);
      const html = await response.text();
      expect(response.headers.get("cache-control")).toBe("no-store");
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
      expect(response.headers.get("referrer-policy")).toBe("same-origin");
      expect(response.headers.get("x-frame-options")).toBe("DENY");
      const policy = response.headers.get("content-security-policy") ?? "";
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain("unsafe");
      const [, nonce] = /script-src 'nonce-([^']+)'/.exec(policy) ?? [];
      if (nonce) nonces.add(nonce);
      for (const [, own] of html.matchAll(/<(?:script|style) nonce="([^"]*)"/g)) expect(own).toBe(nonce);
      expect(html).not.toMatch(/ on\w+=|style="|src=|href="(?!\?|data:)|action="(?!\?)/);
    }
    expect(nonces.size).toBe(4);
  });

  it("has relative addresses only, so that a proxy may change the path", async () => {
    const store = memoryStore();
    await store.put("k", 1, users);
    for (const mount of ["/", "/a/b", "/a/b/"]) {
      const { page, submit } = visit(store, {}, mount);
      const html = await page("?collection=users&key=k");
      expect(html).not.toContain(ORIGIN);
      expect((await submit(html, "save", { value: "1" })).headers.get("location")).toBe(
        "?collection=users&key=k&done=saved",
      );
    }
  });

  it("responds to HEAD as to GET, to OPTIONS with what it takes, and to other methods with 405", async () => {
    const store = memoryStore();
    await store.put("k", 1, users);
    const { send } = visit(store);
    const head = await send("?collection=users&key=k", { method: "HEAD" });
    expect([head.status, await head.text(), head.headers.get("content-type")]).toEqual([
      200,
      "",
      "text/html; charset=utf-8",
    ]);
    expect((await send("", { method: "OPTIONS" })).status).toBe(204);
    for (const method of ["PUT", "DELETE", "PATCH"]) {
      const response = await send("?collection=users&key=k", { method });
      expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD, POST, OPTIONS"]);
    }
    expect((await send("?do=nothing", { method: "POST" })).status).toBe(404);
    expect((await send("?do=toString", { method: "POST" })).status).toBe(404);
    expect(await store.get("k", users)).toBe(1);
  });

  it("keeps the deadline of an entry that is edited, moves it or takes it away", async () => {
    for (const store of [memoryStore(), bare(memoryStore())]) {
      await store.put("k", 1, { ...users, ttl: 3600 });
      const { page, submit } = visit(store);
      const edit = async (fields: Record<string, string>) => {
        expect((await submit(await page("?collection=users&key=k"), "save", fields)).status).toBe(303);
        return await store.ttl("k", users);
      };
      const kept = await edit({ value: "[2]", ttl: "" });
      expect(kept?.value).toEqual([2]);
      expect(Math.abs((kept?.ttl as number) - 3600)).toBeLessThan(600);
      expect((await edit({ value: "3", ttl: "7200" }))?.ttl).toBeGreaterThan(6600);
      expect((await edit({ value: "4", ttl: "", forever: "on" }))?.ttl).toBe(null);
      expect((await edit({ value: "5", ttl: "" }))?.ttl).toBe(null);
    }
  });

  it("tells what is wrong with an edit, and keeps what was typed", async () => {
    const store = memoryStore();
    await store.put("k", 1, users);
    const { page, submit } = visit(store);
    for (const [fields, problem] of [
      [{ value: "{not <json>" }, "This is not JSON"],
      [{ value: "null" }, "not_serializable"],
      [{ value: "1e999" }, "not_serializable"],
      [{ value: "2", ttl: "-1" }, "invalid_ttl"],
      [{ value: "2", ttl: "soon" }, "invalid_ttl"],
    ] as [Record<string, string>, string][]) {
      const response = await submit(await page("?collection=users&key=k"), "save", fields);
      const refused = await response.text();
      expect(response.status).toBe(400);
      expect(refused).toContain(problem);
      expect(unescaped(refused)).toContain(`\n${fields.value}</textarea>`);
      expect((await submit(refused, "save", { value: "1" })).status).toBe(303);
    }
  });

  it("overwrites nothing that has changed since the page showed it", async () => {
    const store = memoryStore();
    const { page, submit } = visit(store);
    const write = (query: string, action: string, meanwhile: () => Promise<unknown>) => async () => {
      const html = await page(query);
      await meanwhile();
      return await submit(html, action, { value: '"mine"' });
    };
    const query = "?collection=users&key=k";
    for (const [before, meanwhile, after] of [
      ["old", () => store.put("k", "theirs", users), "theirs"],
      ["old", () => store.delete("k", users), null],
      [undefined, () => store.put("k", "theirs", users), "theirs"],
    ] as const) {
      await (before === undefined ? store.delete("k", users) : store.put("k", before, users));
      const response = await write(query, "save", meanwhile)();
      const html = await response.text();
      expect(response.status).toBe(409);
      expect(html).toContain("Nothing was written");
      expect(html).toContain("&quot;mine&quot;</textarea>");
      expect(await store.get("k", users)).toBe(after);
      expect((await submit(html, "save", { value: '"mine"' })).status).toBe(303);
      expect(await store.get("k", users)).toBe("mine");
    }
    const response = await write(query, "delete", () => store.put("k", "theirs", users))();
    expect([response.status, await store.get("k", users)]).toEqual([409, "theirs"]);
    const gone = await write(query, "delete", () => store.delete("k", users))();
    expect(gone.headers.get("location")).toContain("done=gone");
  });

  it("overwrites nothing when another writer comes between its own read and write", async () => {
    const { memory, store } = storeWith(({ swap }) => ({
      async swap(...args) {
        await memory.put("k", "theirs", users);
        return swap(...args);
      },
    }));
    await memory.put("k", "old", users);
    const { page, submit } = visit(store);
    for (const action of ["save", "delete"]) {
      const response = await submit(await page("?collection=users&key=k"), action, { value: '"mine"' });
      expect([response.status, await memory.get("k", users)]).toEqual([409, "theirs"]);
      expect(await response.text()).toContain("&quot;theirs&quot;");
    }
  });

  it("says of a store without versions that the last write wins, and still refuses to bring back what is gone", async () => {
    const store = bare(memoryStore());
    await store.put("k", "old", users);
    const { page, submit } = visit(store);
    const html = await page("?collection=users&key=k");
    expect(html).toContain("the last write wins");
    await store.put("k", "theirs", users);
    expect((await submit(html, "save", { value: '"mine"' })).status).toBe(303);
    expect(await store.get("k", users)).toBe("mine");
    await store.delete("k", users);
    expect((await submit(html, "save", { value: '"mine"' })).status).toBe(409);
    expect(await store.get("k", users)).toBe(null);
  });

  it("looks up by name in a store that cannot list", async () => {
    const store = bare(memoryStore());
    await store.put("k", { here: true }, users);
    const { page } = visit(store);
    expect(await page("")).toContain("does not list its collections");
    expect(await page("?collection=users&find=")).toContain("does not list its keys");
    expect(valueIn(await page("?collection=users&find=k"))).toContain('"here": true');
  });

  it("shows a damaged entry as such, and deletes it", async () => {
    const damaged = new Set(["k"]);
    const { memory, store } = storeWith(({ read, remove }) => ({
      read(collection, keys, options) {
        if (keys.some((key) => damaged.has(key)))
          throw new KeyValueError("corrupted", "the stored <value> holds no JSON");
        return read(collection, keys, options);
      },
      remove(collection, keys) {
        for (const key of keys) damaged.delete(key);
        return remove(collection, keys);
      },
    }));
    await memory.put("k", 1, users);
    const { page, submit } = visit(store);
    const html = await page("?collection=users&key=k");
    expect(html).toContain("<code>corrupted</code> the stored &lt;value&gt; holds no JSON");
    expect(html).not.toContain("?do=save");
    expect((await submit(html, "delete")).status).toBe(303);
    expect(await store.get("k", users)).toBe(null);
  });

  it("shows the start of a long value, and lets all of it be downloaded", async () => {
    const store = memoryStore();
    const values = {
      text: "<".repeat(1_000_000),
      list: Array.from({ length: 100_000 }, (_, i) => i),
      deep: JSON.parse(`${"[".repeat(900)}${"1,".repeat(50_000)}1${"]".repeat(900)}`),
    };
    for (const [key, value] of Object.entries(values)) {
      await store.put(key, value, users);
      const { page, send } = visit(store);
      const html = await page(`?collection=users&key=${key}`);
      expect(html.length).toBeLessThan(450_000);
      expect(html).toContain("only the start");
      expect(html).not.toContain("?do=save");
      expect(html).toContain("?do=delete");
      const raw = await send(`?collection=users&key=${key}&raw=`);
      expect(raw.headers.get("content-disposition")).toContain("attachment");
      expect(raw.headers.get("content-type")).toContain("application/json");
      expect(await raw.json()).toEqual(value);
    }
  });

  it("starts a listing again when its cursor is no longer valid", async () => {
    const { store } = storeWith(() => ({
      listKeys() {
        throw new KeyValueError("invalid_cursor", "this cursor is not of this store");
      },
    }));
    const response = await visit(store).send("?collection=users&cursor=%00bad");
    const html = await response.text();
    expect([response.status, html.includes("invalid_cursor"), html.includes('href="?"')]).toEqual([400, true, true]);
  });

  it("goes on over empty pages", async () => {
    const { store } = storeWith(() => ({ listKeys: () => ({ names: [], cursor: "more" }) }));
    const { page, links } = visit(store);
    const html = await page("?collection=users");
    expect(html).toContain("the next ones may have more");
    expect(links(html)).toContain("?collection=users&prefix=&cursor=more");
  });

  it("shows the code of a failure, and nothing of what others say about it", async () => {
    const failing = (error: unknown) =>
      storeWith(() => ({
        read() {
          throw error;
        },
      })).store;
    const seen: unknown[] = [];
    const show = async (error: unknown) => {
      const response = await visit(failing(error), { onError: (error) => seen.push(error) }).send(
        "?collection=c&key=k",
      );
      return [response.status, await response.text()] as const;
    };
    const cause = new Error("redis://user:hunter2@host");
    const [status, html] = await show(new KeyValueError("unavailable", "the backend <is> away", { cause }));
    expect(status).toBe(503);
    expect(html).toContain("<code>unavailable</code> the backend &lt;is&gt; away");
    expect(html).not.toContain("hunter2");
    expect(seen).toEqual([]);
    const [other, text] = await show(cause);
    expect([other, text.includes("hunter2"), seen]).toEqual([500, false, [cause]]);
  });

  it("shows the page of a failure when onError throws or rejects, and leaves no rejection unhandled", async () => {
    const { store } = storeWith(() => ({
      read() {
        throw new Error("no backend");
      },
    }));
    const fail = () => {
      throw new Error("no logger");
    };
    for (const onError of [fail, async () => fail()]) {
      expect((await visit(store, { onError }).send("?collection=c&key=k")).status).toBe(500);
    }
  });

  it("reports a store that refuses writes", async () => {
    const memory = memoryStore();
    await memory.put("k", 1, users);
    const { page, submit } = visit(readOnly(memory) as Store<Capability>);
    const html = await page("?collection=users&key=k");
    expect(await (await submit(html, "save", { value: "2" })).text()).toContain("read_only");
    expect(await (await submit(html, "delete")).text()).toContain("read_only");
    expect(await memory.get("k", users)).toBe(1);
  });

  it("shows statistics when the store has them", async () => {
    const store = statistics(memoryStore());
    await store.get("k", { collection: "<b>" });
    const { page } = visit(store);
    expect(await page("")).toContain('href="?statistics="');
    const html = await page("?statistics=");
    expect(html).toMatch(/&lt;b&gt;[\s\S]*<td>read<\/td><td>1<\/td><td>0<\/td><td>1<\/td>/);
    expect(await visit(memoryStore()).page("?statistics=")).not.toContain("Misses");
  });
});
