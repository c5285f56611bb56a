import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "#test";
import { chromiumPath, launchChromium, withoutChromium } from "../support/chromium.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const bin = join(root, "node_modules/.bin");
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };

interface Running {
  readonly url: string;
  output(): string;
  stop(): Promise<void>;
}

const groups = new Set<number>();
process.once("exit", () => {
  for (const group of groups) signal(group, "SIGKILL");
});

function signal(group: number, name: NodeJS.Signals): void {
  try {
    process.kill(-group, name);
  } catch {
    // All of them have ended.
  }
}

/** Starts a server in a process group of its own, and waits until it prints its address. */
async function start(command: readonly string[], variables: Record<string, string> = {}): Promise<Running> {
  const [file, ...args] = command as [string, ...string[]];
  const child: ChildProcess = spawn(file, args, { cwd: root, env: { ...env, ...variables }, detached: true });
  const group = child.pid as number;
  groups.add(group);
  let output = "";

  const closed = new Promise((done) => child.once("close", done));

  async function stop(): Promise<void> {
    signal(group, "SIGTERM");
    await Promise.race([closed, new Promise((done) => setTimeout(done, 5000).unref())]);
    signal(group, "SIGKILL");
    groups.delete(group);
  }

  try {
    const url = await new Promise<string>((found, failed) => {
      const look = (chunk: unknown): void => {
        output += chunk;
        const [address] = /http:\/\/[\w.]+:\d+(?=\D)/.exec(output) ?? [];
        if (address) found(address);
      };
      child.stdout?.on("data", look);
      child.stderr?.on("data", look);
      child.once("error", failed);
      child.once("exit", (code) => failed(new Error(`${command.join(" ")} ended with ${code}: ${output}`)));
      setTimeout(() => failed(new Error(`${command.join(" ")} printed no address: ${output}`)), 60_000).unref();
    });
    return { url, output: () => output, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const itInBrowser = chromiumPath
  ? it
  : (name: string, body: () => Promise<void>, _timeout?: number) =>
      it.skip(`${name} (skipped: ${withoutChromium})`, body);

const forged = { name: "sid", value: "f".repeat(32) };

describe("the example Worker, started with npm start", () => {
  let folder = "";
  let server: Running;
  let browser: Browser | undefined;
  let context: BrowserContext;
  let page: Page;
  const complaints: string[] = [];

  /** Preloaded into every Node process that npm starts: notes each connection that would leave this machine. */
  const watcher = `
    const { appendFileSync } = require("node:fs");
    const { Socket } = require("node:net");
    const { connect } = Socket.prototype;
    Socket.prototype.connect = function (...args) {
      const [options] = Array.isArray(args[0]) ? args[0] : args;
      const host = options?.host ?? "localhost";
      if (!options?.path && !/^(localhost|127\\..*|::1|\\[::1\\])$/.test(host)) appendFileSync(process.env.CALLS, host + "\\n");
      return connect.apply(this, args);
    };`;

  const startWorker = () =>
    start(
      ["node", "scripts/start.mjs", "--port", "0", "--inspector-port", "0", "--persist-to", join(folder, "state")],
      { CALLS: join(folder, "calls.txt"), NODE_OPTIONS: `--require ${JSON.stringify(join(folder, "watcher.cjs"))}` },
    );

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "edge-key-value-"));
    await writeFile(join(folder, "watcher.cjs"), watcher);
    await writeFile(join(folder, "calls.txt"), "");
    server = await startWorker();
    if (!chromiumPath) return;
    browser = await launchChromium();
    context = await browser.newContext();
    context.setDefaultTimeout(15_000);
    page = await context.newPage();
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
  }, 90_000);

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    if (folder) await rm(folder, { recursive: true, force: true });
  }, 30_000);

  const session = async () => (await context.cookies()).find(({ name }) => name === "sid");

  async function signIn(name: string): Promise<void> {
    await page.goto(`${server.url}/`);
    expect(new URL(page.url()).pathname).toBe("/sign-in");
    await page.getByLabel("Name").fill(name);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.locator("#user").waitFor();
  }

  itInBrowser(
    "signs in with a cache miss, stays signed in over a reload, and then sees a cache hit",
    async () => {
      await signIn("Ann <b>&");
      expect(await page.locator("#user").textContent()).toBe("Ann <b>&");
      expect(await page.locator("#outcome").textContent()).toBe("Cache miss");
      await page.reload();
      expect(await page.locator("#user").textContent()).toBe("Ann <b>&");
      expect(await page.locator("#outcome").textContent()).toBe("Cache hit");
      expect(await page.locator("#age").textContent()).toMatch(/^\d+ s$/);
      expect(await page.locator("#left").textContent()).toMatch(/^[1-6]?\d s$/);
    },
    30_000,
  );

  itInBrowser(
    "keeps the cookie from scripts and from other sites",
    async () => {
      const cookie = await session();
      expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Lax", path: "/", secure: false });
      expect(cookie?.value).toMatch(/^[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/);
      const hours = ((cookie?.expires as number) * 1000 - Date.now()) / 3_600_000;
      expect(hours).toBeGreaterThan(11.9);
      expect(hours).toBeLessThan(12.1);
      expect(await page.evaluate("document.cookie")).toBe("");

      const foreign = await context.newPage();
      await foreign.setContent(
        `<form method="post" action="${server.url}/sign-out"><button>Win a prize</button></form>`,
      );
      const answered = foreign.waitForResponse((response) => response.url().endsWith("/sign-out"));
      await foreign.getByRole("button").click();
      expect((await answered).status()).toBe(403);
      await foreign.close();
      await page.reload();
      expect(await page.locator("#user").isVisible()).toBe(true);
    },
    30_000,
  );

  itInBrowser("fits the screen of a phone", async () => {
    await page.setViewportSize({ width: 320, height: 640 });
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(320);
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  itInBrowser(
    "still knows the session after it was stopped and started again",
    async () => {
      await server.stop();
      server = await startWorker();
      await page.goto(`${server.url}/`);
      expect(await page.locator("#user").textContent()).toBe("Ann <b>&");
      await page.getByText("durable-object").first().waitFor();
    },
    90_000,
  );

  itInBrowser(
    "gives no session to a forged cookie",
    async () => {
      const other = await (browser as Browser).newContext();
      await other.addCookies([{ ...forged, url: server.url }]);
      const tab = await other.newPage();
      await tab.goto(`${server.url}/`);
      expect(new URL(tab.url()).pathname).toBe("/sign-in");
      await other.close();
    },
    30_000,
  );

  itInBrowser(
    "signs out for good: the old cookie opens nothing",
    async () => {
      const old = await session();
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByLabel("Name").waitFor();
      expect(await session()).toBe(undefined);
      await context.addCookies([{ name: "sid", value: old?.value as string, url: server.url }]);
      await page.goto(`${server.url}/`);
      expect(new URL(page.url()).pathname).toBe("/sign-in");
    },
    30_000,
  );

  itInBrowser("gives the browser nothing to complain about", async () => {
    expect(complaints).toEqual([]);
  });

  it("takes a session through sign-in, a cache hit and sign-out", () => walkThrough(server.url), 30_000);

  it("prints its address and little else", () => {
    const lines = server
      .output()
      .split("\n")
      .filter((line) => line !== "" && !/^(> |npm )/.test(line));
    expect(lines).toEqual([`Listening on ${server.url} (Ctrl+C ends it)`]);
  });

  it("asks nothing of the network", async () => {
    expect(await readFile(join(folder, "calls.txt"), "utf8")).toBe("");
  });
});

/** Signs in and out again as a browser would, and finds the session gone. */
async function walkThrough(url: string): Promise<void> {
  const post = (path: string, headers: Record<string, string>, body = "") =>
    fetch(url + path, {
      method: "POST",
      redirect: "manual",
      body,
      headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    });
  const get = (cookie: string) => fetch(`${url}/`, { redirect: "manual", headers: { cookie } });

  expect((await post("/sign-in", { origin: "http://evil.example" }, "name=Eve")).status).toBe(403);
  expect((await get(`${forged.name}=${forged.value}`)).status).toBe(303);
  const signedIn = await post("/sign-in", { origin: url }, "name=Ann");
  expect(signedIn.status).toBe(303);
  const [cookie = ""] = signedIn.headers.getSetCookie()[0]?.split(";") ?? [];
  const first = await (await get(cookie)).text();
  expect(first).toContain('<b id="user">Ann</b>');
  expect(first).toMatch(/Cache (miss|hit)/);
  expect(await (await get(cookie)).text()).toContain("Cache hit");
  expect((await post("/sign-out", { origin: url, cookie })).status).toBe(303);
  expect((await get(cookie)).status).toBe(303);
}

describe("the example on other runtimes", () => {
  for (const command of [
    "node worker-example/node.ts",
    "deno run --allow-net --allow-env=PORT worker-example/deno.ts",
    "bun worker-example/bun.ts",
  ]) {
    it(`serves the same app with ${command}`, async () => {
      const server = await start(command.split(" "), { PORT: "0" });
      try {
        await walkThrough(server.url);
      } finally {
        await server.stop();
      }
    }, 30_000);
  }
});
