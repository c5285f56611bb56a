import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "#test";
import { memoryStore } from "../../src/index.ts";
import { inspector } from "../../src/inspector.ts";
import { statistics } from "../../src/wrappers/statistics.ts";
import { describeInChromium, launchChromium } from "../support/chromium.ts";

describeInChromium("an inspector in a browser", inChromium);

const PHONE = { width: 375, height: 667 };
const ATTACK = "<img src=x onerror='document.title=1'><script>document.title=2</script>";
const users = { collection: "users" };

function inChromium(): void {
  const store = statistics(memoryStore());
  const inspect = inspector(store, { authorize: () => true, writable: true, title: "Test", pageSize: 10 });
  let server: Server;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let url = "";
  const complaints: string[] = [];

  beforeAll(async () => {
    // Like a proxy that takes `/admin/inspector` away: the handler sees another path and another host than the browser.
    server = createServer(async (incoming, outgoing) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of incoming) chunks.push(chunk);
      const { method = "GET", headers } = incoming;
      const [, query = ""] = incoming.url?.split(/(?=\?)/) ?? [];
      const request = new Request(`http://internal.example/${query}`, {
        method,
        headers: Object.entries(headers).map(([name, value]) => [name, `${value}`] as [string, string]),
        ...(method === "POST" && { body: Buffer.concat(chunks) }),
      });
      const response = await inspect(request);
      outgoing.writeHead(response.status, [...response.headers].flat());
      outgoing.end(await response.text());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/admin/inspector`;
    browser = await launchChromium();
    context = await browser.newContext({ viewport: PHONE, colorScheme: "dark", hasTouch: true, isMobile: true });
    context.setDefaultTimeout(30_000);
    page = await context.newPage();
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
  }, 90_000);

  afterAll(async () => {
    await browser?.close();
    server?.close();
  }, 30_000);

  const fits = async () => expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(PHONE.width);
  const click = (name: string) => page.getByRole("link", { name, exact: true }).click();

  it("browses, edits and deletes on a phone", async () => {
    for (let i = 0; i < 25; i++) await store.put(`user:${String(i).padStart(2, "0")}`, { i }, { ...users, ttl: 3600 });
    await store.put(`w${"i".repeat(5000)}de`, { text: "x".repeat(5000) }, users);

    await page.goto(url);
    await fits();
    await click("users");
    await fits();
    await click("Next page");
    await fits();
    await click("user:13");
    await fits();
    expect(await page.locator("pre").textContent()).toBe('{\n  "i": 13\n}');
    expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe("rgb(17, 19, 21)");
    const left = page.locator("[data-left]");
    const before = await left.textContent();
    await left.filter({ hasNotText: before as string }).waitFor();
    expect(await left.textContent()).toMatch(/^in 3,\d\d\d s$/);

    await page.getByText("Edit", { exact: true }).click();
    await page.getByLabel("Value, as JSON").fill('{ "i": "edited" }');
    await fits();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved.").waitFor();
    expect(await store.get("user:13", users)).toEqual({ i: "edited" });
    expect((await store.ttl("user:13", users))?.ttl).toBeGreaterThan(3000);

    await page.getByText("Delete", { exact: true }).click();
    await page.getByRole("button", { name: "Delete this entry" }).click();
    await page.getByText("Deleted.").waitFor();
    expect(await store.get("user:13", users)).toBe(null);

    await page.getByLabel("Keys that start with").fill("wi");
    await page.getByRole("button", { name: "Show" }).click();
    await fits();
    await page.locator(".list a").click();
    await fits();
    await page.goto(`${url}?statistics=`);
    await fits();
    expect(complaints).toEqual([]);
  }, 60_000);

  it("opens, edits and deletes an entry whose name a form or a link would change", async () => {
    const key = `lone \ud800\r\n\u202e${"名".repeat(3000)}`;
    await store.put(key, 1, { collection: "odd" });
    await page.goto(`${url}?collection=odd`);
    await page.locator(".list button").click();
    await page.getByText("Edit", { exact: true }).click();
    await page.getByLabel("Value, as JSON").fill("2");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved.").waitFor();
    expect(await store.get(key, { collection: "odd" })).toBe(2);
    await page.goto(`${url}?collection=odd`);
    await page.locator(".list button").click();
    await page.getByText("Delete", { exact: true }).click();
    await page.getByRole("button", { name: "Delete this entry" }).click();
    await page.getByText("Deleted.").waitFor();
    expect(await store.get(key, { collection: "odd" })).toBe(null);
  }, 60_000);

  it("shows a name and a value that are an attack as text, and the policy stops a script that gets in", async () => {
    await store.put(ATTACK, ATTACK, { collection: ATTACK });
    await page.goto(url);
    await click(ATTACK);
    await click(ATTACK);
    expect(await page.locator("h1").textContent()).toBe(ATTACK);
    expect(JSON.parse((await page.locator("pre").textContent()) ?? "")).toBe(ATTACK);
    expect(await page.title()).toBe(`${ATTACK} · Test`);
    expect(complaints).toEqual([]);

    await page.evaluate(`
      const script = document.createElement("script");
      script.textContent = "document.title = 'run'";
      document.body.append(script);
      const button = document.createElement("button");
      button.setAttribute("onclick", "document.title = 'run'");
      document.body.append(button);
      button.click();
    `);
    expect(await page.title()).toBe(`${ATTACK} · Test`);
    expect(complaints.filter((text) => text.includes("Content Security Policy")).length).toBe(2);
  }, 60_000);

  it("refuses the form of another site, which has the cookie of a user", async () => {
    await store.put("k", 1, users);
    await page.goto(`${url}?collection=users&key=k`);
    const token = await page.locator("[name=token]").first().getAttribute("value");
    const foreign = await context.newPage();
    await foreign.setContent(`<form method="post" action="${url}?do=delete">
      <input name="collection" value="users"><input name="key" value="k"><input name="token" value="${token}">
      <button>Win a prize</button></form>`);
    const answered = foreign.waitForResponse((response) => response.url().endsWith("?do=delete"));
    await foreign.getByRole("button").click();
    expect((await answered).status()).toBe(403);
    await foreign.close();
    expect(await store.get("k", users)).toBe(1);
  }, 60_000);
}
