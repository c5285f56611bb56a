/** What an inspector must show of any store that can list, held against real backends. */
import { describe, expect, it } from "#test";
import { type AsyncKeyValue, type Store, toDriver } from "../../src/index.ts";
import { HOSTILE, unescaped, valueIn, visit } from "./inspecting.ts";

/** How stores differ. */
export interface InspectedStoreOptions {
  /** The longest hostile name that the backend can hold, in bytes. The page refuses longer ones. Default: all of them. */
  readonly longestName?: number;
}

type Listing = Store<"listKeys" | "listCollections">;

/** Each of these names asks something else of a page and of a backend. More of them are held to the store in memory. */
const NAMES = HOSTILE.filter((name) => /^$|&|<img|\n|\0|\ud800|名|kkk/.test(name));

const users = { collection: "users" };

/** Holds the inspector to a backend. `make` returns an empty store each time. */
export function inspects(
  name: string,
  make: () => Listing | Promise<Listing>,
  options: InspectedStoreOptions = {},
): void {
  const { longestName = Number.POSITIVE_INFINITY } = options;
  const isTooLong = (text: string) => new TextEncoder().encode(text).byteLength > longestName;

  describe(`an inspector over ${name}`, () => {
    it("lists all collections and keys over several pages, each name once", async () => {
      const store = await make();
      const collections = Array.from({ length: 6 }, (_, i) => `${i % 2 ? "odd" : "even"} ${i}`);
      for (const collection of collections) await store.put("k", 1, { collection });
      const keys = Array.from({ length: 12 }, (_, i) => `key ${i}`);
      await store.putMany(
        keys.map((key) => [key, 1]),
        users,
      );
      expect(await walk(store, "", "collection")).toEqual([...collections, "users"].sort());
      expect(await walk(store, "?prefix=odd", "collection")).toEqual(["odd 1", "odd 3", "odd 5"]);
      expect(await walk(store, "?collection=users", "key")).toEqual([...keys].sort());
      expect(await walk(store, "?collection=users&prefix=key+1", "key")).toEqual(
        keys.filter((key) => key.startsWith("key 1")).sort(),
      );
      expect(await walk(store, "?collection=users&prefix=none", "key")).toEqual([]);
    });

    it("shows a value and its time left, edits and deletes it, and creates another", async () => {
      const store = await make();
      await store.put("k", { list: [1, "é"] }, { ...users, ttl: 3600 });
      const { page, submit } = visit(store);
      const html = await page("?collection=users&key=k");
      expect(JSON.parse(valueIn(html))).toEqual({ list: [1, "é"] });
      expect(html).toMatch(/data-left="3[56]\d\d(\.\d+)?"/);

      expect((await submit(html, "save", { value: '"edited"' })).status).toBe(303);
      const edited = await store.ttl("k", users);
      expect([edited?.value, Math.round((edited?.ttl ?? 0) / 600)]).toEqual(["edited", 6]);
      const forever = { value: "2", forever: "on" };
      expect((await submit(await page("?collection=users&key=k"), "save", forever)).status).toBe(303);
      expect(await store.ttl("k", users)).toEqual({ value: 2, ttl: null });

      expect((await submit(await page("?collection=users&key=k"), "delete")).status).toBe(303);
      expect(await store.get("k", users)).toBe(null);
      const created = await submit(await page("?collection=users&find=new"), "save", { value: "[3]", ttl: "60" });
      expect([created.status, await store.get("new", users)]).toEqual([303, [3]]);
    });

    it("refuses an edit and a deletion after another writer, or says that the last write wins", async () => {
      const store = await make();
      await store.put("k", "old", users);
      const { page, submit } = visit(store);
      const html = await page("?collection=users&key=k");
      await store.put("k", "theirs", users);
      const status = (await submit(html, "save", { value: '"mine"' })).status;
      const hasVersions = "putIfVersion" in store;
      expect([status, await store.get("k", users)]).toEqual(hasVersions ? [409, "theirs"] : [303, "mine"]);
      expect(html.includes("the last write wins")).toBe(!hasVersions);
      if (hasVersions) expect((await submit(html, "delete")).status).toBe(409);
    });

    it("says that recent changes may not show, where a store is eventually consistent", async () => {
      const store = await make();
      await store.put("k", 1, users);
      const { page } = visit(store);
      for (const query of ["", "?collection=users", "?collection=users&key=k", "?collection=users&key=none"]) {
        const isEventual = toDriver(store).consistency === "eventual";
        expect((await page(query)).includes("recent changes may not show here yet")).toBe(isEventual);
      }
    });

    it("opens and deletes entries with any name that the backend can hold", async () => {
      const store = await make();
      const names = NAMES.filter((name) => !isTooLong(name));
      await store.putMany(
        names.map((name) => [name, `of ${name}`]),
        users,
      );
      const { page, send, submit } = visit(store);
      const list = await page("?collection=users");
      const opened = [];
      for (const form of entriesIn(list)) {
        const html = await (await send(...form)).text();
        opened.push(JSON.parse(valueIn(html)));
        expect((await submit(html, "delete")).status).toBe(303);
      }
      expect(opened.sort()).toEqual(names.map((name) => `of ${name}`).sort());
      expect(await page("?collection=users")).toContain("Nothing here.");
    });

    it("opens collections with any name that the backend can hold", async () => {
      const store = await make();
      const names = NAMES.filter((name) => !isTooLong(name));
      for (const collection of names) await store.put("k", 1, { collection });
      const { page, send } = visit(store);
      const list = entriesIn(await page(""));
      expect(list.length).toBe(names.length);
      for (const form of list) expect(entriesIn(await (await send(...form)).text()).length).toBe(1);
    });

    it("says so when a name is too long for the backend", async () => {
      const store = await make();
      for (const key of NAMES.filter(isTooLong)) {
        const { send, submit } = visit(store);
        const response = await send(`?${new URLSearchParams({ ...users, find: key })}`);
        const html = await response.text();
        // Some backends refuse the name at once, and others know that it cannot be there.
        const refused = response.status === 404 ? await (await submit(html, "save", { value: "1" })).text() : html;
        expect(refused).toContain("<code>too_large</code>");
      }
    });
  });
}

/** Follows a list to its end, and returns the names in it, sorted. */
async function walk(store: AsyncKeyValue, query: string, field: string): Promise<string[]> {
  const { page, links } = visit(store, { pageSize: 5 });
  const found: string[] = [];
  for (let next: string | undefined = query; next !== undefined; ) {
    const all: URLSearchParams[] = links(await page(next)).map((link) => new URLSearchParams(link));
    const isName = (link: URLSearchParams) => link.has(field) && !link.has("prefix") && !link.has("cursor");
    const names = all.filter(isName).map((link) => link.get(field) as string);
    expect(names.length).toBeLessThanOrEqual(5);
    found.push(...names);
    next = all.find((link) => link.has("cursor")) && `?${all.find((link) => link.has("cursor"))}`;
  }
  return found.sort();
}

/** What opens each name of a list: a link, or a form where the name is too long for one. */
function entriesIn(html: string): [query: string, init?: RequestInit][] {
  const [, list = ""] = /<ul class="card list">(.*?)<\/ul>/s.exec(html) ?? [];
  return list
    .split("<li>")
    .slice(1)
    .map((item) => {
      const [, link] = /href="([^"]*)"/.exec(item) ?? [];
      if (link !== undefined) return [unescaped(link)];
      const body = new URLSearchParams();
      for (const [, name, value] of item.matchAll(/name="([^"]*)" value="([^"]*)"/g)) {
        body.set(name as string, unescaped(value as string));
      }
      return ["?do=view", { method: "POST", body, headers: { "sec-fetch-site": "same-origin" } }];
    });
}
