import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { build } from "esbuild";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "#test";
import { root } from "../../scripts/entries.mjs";
import { describeInChromium, launchChromium } from "../support/chromium.ts";
import { seeds } from "../support/histories.ts";
import type { PageResult } from "../support/page-runner.ts";

describeInChromium("the stores of a browser", inChromium);

function inChromium(): void {
  let server: Server;
  let browser: Browser;
  let context: BrowserContext;
  let url = "";

  beforeAll(async () => {
    const { outputFiles } = await build({
      entryPoints: [join(root, "test/support/page.ts")],
      ...{ bundle: true, write: false, target: "es2022", logLevel: "silent" },
    });
    const script = outputFiles?.[0]?.text ?? "";
    server = createServer(({ url }, response) => {
      if (url === "/page.js") response.writeHead(200, { "content-type": "text/javascript" }).end(script);
      else response.writeHead(200, { "content-type": "text/html" }).end('<script src="/page.js"></script>');
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    browser = await launchChromium();
    // Like a private window, it keeps its data in memory.
    context = await browser.newContext();
  }, 90_000);

  afterAll(async () => {
    await browser?.close();
    server?.close();
  }, 30_000);

  async function tab(of: BrowserContext = context): Promise<Page> {
    const page = await of.newPage();
    await page.goto(url);
    return page;
  }

  /** Evaluates an expression in a page. It may name the stores. */
  const run = <R>(page: Page, expression: string): Promise<R> => page.evaluate(expression) as Promise<R>;

  it("pass the conformance suite", async () => {
    const results = await run<PageResult[]>(await tab(), "hold()");
    expect(results.filter(({ problem }) => problem !== undefined)).toEqual([]);
    expect(results.length).toBeGreaterThan(250);
  }, 120_000);

  it("count right in several tabs at once, and see each other's writes", async () => {
    const tabs = await Promise.all([tab(), tab(), tab()]);
    const open = 'globalThis.shared ??= indexedDBStore("shared")';
    const count = `${open}; Promise.all(Array.from({ length: 40 }, () => shared.increment("n")))`;
    const sums = (await Promise.all(tabs.map((page) => run<number[]>(page, count)))).flat();
    expect(sums.sort((a, b) => a - b)).toEqual(Array.from({ length: 120 }, (_, i) => i + 1));
    const change = `${open}; Promise.all(Array.from({ length: 20 }, () => shared.update("u", (n) => (n ?? 0) + 1))).then(() => 0)`;
    await Promise.all(tabs.map((page) => run(page, change)));
    expect(await run(tabs[0]!, 'shared.get("u")')).toBe(60);
    await run(tabs[1]!, 'shared.put("token", 1)');
    const taken = await Promise.all(tabs.map((page) => run<number | null>(page, 'shared.take("token")')));
    expect(taken.filter((value) => value === 1).length).toBe(1);
  }, 60_000);

  it("are linearizable in IndexedDB", async () => {
    const { operations, overlapping } = await run<Record<string, number>>(await tab(), `histories(${seeds(3)})`);
    console.log(`IndexedDB: ${operations} operations, ${overlapping} of them beside others`);
    expect(overlapping! / operations!).toBeGreaterThan(0.3);
  });

  // It takes as long as all the others together.
  const inLongRuns = seeds(0) > 0 ? it : () => {};
  inLongRuns("let 400 updates of one key at once all succeed in IndexedDB", async () => {
    const update = `Promise.all(Array.from({ length: 400 }, (_, i) => {
      globalThis.busy ??= indexedDBStore("busy");
      return (i % 2 ? busy : indexedDBStore("busy")).update("n", (n) => (n ?? 0) + 1);
    }))`;
    const sums = await run<number[]>(await tab(), update);
    expect(sums.sort((a, b) => a - b)).toEqual(Array.from({ length: 400 }, (_, i) => i + 1));
  });

  it("keep their data over a reload, and open again after another tab has deleted the database", async () => {
    const [first, second] = [await tab(), await tab()];
    await run(first, 'globalThis.kept = indexedDBStore("kept"); kept.put("k", 1)');
    await run(first, 'webStorageStore(localStorage).put("k", 2)');
    await first.reload();
    await run(first, 'globalThis.kept = indexedDBStore("kept"); 0');
    expect(await run(first, 'Promise.all([kept.get("k"), webStorageStore(localStorage).get("k")])')).toEqual([1, 2]);
    const deleted = `new Promise((resolve, reject) => {
      const request = indexedDB.deleteDatabase("kept");
      request.onsuccess = () => resolve("deleted");
      request.onerror = () => reject(request.error);
    })`;
    expect(await run(second, deleted)).toBe("deleted");
    expect(await run(first, 'kept.get("k")')).toBe(null);
    expect(await run(first, 'kept.increment("k")')).toBe(1);
    expect(await run(second, 'indexedDBStore("kept").get("k")')).toBe(1);
  }, 60_000);

  it("know nothing in a private window of what is outside, nor the other way round", async () => {
    const other = await browser.newContext();
    const inside = await tab(other);
    const both = 'Promise.all([indexedDBStore("kept").get("k"), webStorageStore(localStorage).get("k")])';
    expect(await run(inside, both)).toEqual([null, null]);
    await run(inside, 'indexedDBStore("private").put("k", 1)');
    await other.close();
    expect(await run(await tab(), 'indexedDBStore("private").get("k")')).toBe(null);
  }, 60_000);

  it("say that the quota is exceeded, and go on with what is there", async () => {
    const page = await tab();
    const filled = `(async () => {
      const store = webStorageStore(localStorage, { keyPrefix: "full:" });
      await store.put("small", 1);
      const error = await store.putMany([["a", 1], ["large", "x".repeat(6e6)], ["b", 2]]).catch((error) => error);
      const after = await store.getMany(["small", "a", "b", "large"]);
      await store.destroy();
      return [error.code, error.failed, error.store, after];
    })()`;
    expect(await run(page, filled)).toEqual(["full", ["large"], "web-storage", [1, 1, 2, null]]);

    // The browser remembers how much room a site had, so this is a site that it has not seen yet.
    const other = await browser.newContext();
    const fresh = await tab(other);
    const session = await other.newCDPSession(fresh);
    await session.send("Storage.overrideQuotaForOrigin", { origin: new URL(url).origin, quotaSize: 1_000_000 });
    const full = `(async () => {
      const store = indexedDBStore("full");
      await store.put("small", 1);
      // Random text, since the browser compresses what it stores.
      const noise = () => String.fromCharCode(...crypto.getRandomValues(new Uint8Array(60_000)));
      const large = Array.from({ length: 40 }, noise).join("");
      let code = "no error";
      let last = 0;
      while (code === "no error" && last < 20) code = await codeOf(store.put("k" + ++last, large));
      return [code, await store.get("small"), (await store.get("k" + last)) === null];
    })()`;
    expect(await run(fresh, full)).toEqual(["full", 1, true]);
    await session.send("Storage.overrideQuotaForOrigin", { origin: new URL(url).origin });
    expect(await run(fresh, 'codeOf(indexedDBStore("full").put("k", 1))')).toBe("no error");
    await other.close();
  }, 60_000);

  it("say that storage is blocked", async () => {
    const page = await tab();
    const blocked = `new Promise((resolve) => {
      const frame = document.createElement("iframe");
      frame.sandbox = "allow-scripts";
      frame.srcdoc = '<script src="${url}page.js"><\\/script><script>codeOf(indexedDBStore("s").get("k")).then((code) => parent.postMessage(code, "*"))<\\/script>';
      addEventListener("message", ({ data }) => resolve(data));
      document.body.append(frame);
    })`;
    expect(await run(page, blocked)).toBe("unauthorized");
  }, 60_000);

  it("take what they did not write for corrupted, and refuse a database of another program", async () => {
    const page = await tab();
    const damaged = `(async () => {
      const found = [];
      for (const text of ["", "{", "null", "7", "[]", "{}", '{"value":null}', '{"value":1,"expiresAt":"soon"}']) {
        localStorage.setItem("edge-key-value:default_collection::k", text);
        found.push(await codeOf(webStorageStore(localStorage).get("k")));
        found.push(await webStorageStore(localStorage, { onCorrupt: "miss" }).get("k"));
      }
      await webStorageStore(localStorage).put("k", 1);
      const store = indexedDBStore("damaged");
      await store.put("k", 1, { collection: "c" });
      const opened = (name, version) => new Promise((resolve, reject) => {
        const request = indexedDB.open(name, version);
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
      const raw = await opened("damaged");
      for (const value of [7, "text", { json: "{" }, { json: "null", version: "v" }, { json: "1" }, { json: "1", version: "v", expiresAt: NaN }]) {
        await new Promise((done) => {
          const transaction = raw.transaction("entries", "readwrite");
          transaction.objectStore("entries").put(value, ["c", "k"]);
          transaction.oncomplete = done;
        });
        found.push(await codeOf(store.get("k", { collection: "c" })), await codeOf(store.take("k", { collection: "c" })));
        found.push(await indexedDBStore("damaged", { onCorrupt: "miss" }).get("k", { collection: "c" }));
      }
      raw.close();
      (await opened("newer", 7)).close();
      (await opened("foreign", 1)).close();
      return [found, await codeOf(indexedDBStore("newer").get("k")), await codeOf(indexedDBStore("foreign").get("k"))];
    })()`;
    const [found, newer, foreign] = await run<[unknown[], string, string]>(page, damaged);
    expect(found).toEqual([
      ...Array.from({ length: 8 }, () => ["corrupted", null]).flat(),
      ...Array.from({ length: 6 }, () => ["corrupted", "corrupted", null]).flat(),
    ]);
    expect([newer, foreign]).toEqual(["misconfigured", "misconfigured"]);
  }, 60_000);

  it("refuse calls once they are closed, and let others delete the database", async () => {
    const closing = `(async () => {
      const codeOf = (call) => call.then(() => "none", (error) => error.code);
      const store = indexedDBStore("closing");
      const early = indexedDBStore("closing");
      await store.put("k", 1);
      const under = codeOf(early.get("k"));
      await early[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
      const codes = [await codeOf(store.get("k")), await codeOf(store.put("k", 2)), await codeOf(early.get("k"))];
      await under;
      const deleted = await new Promise((resolve) => {
        const request = indexedDB.deleteDatabase("closing");
        request.onsuccess = () => resolve("deleted");
        request.onblocked = () => resolve("blocked");
      });
      return [...codes, deleted];
    })()`;
    const refused = ["unavailable", "unavailable", "unavailable"];
    expect(await run<string[]>(await tab(), closing)).toEqual([...refused, "deleted"]);
  }, 60_000);
}
