import { issuer } from "@openauthjs/openauth";
import { createSubjects } from "@openauthjs/openauth/subject";
import { object, string } from "valibot";
import { describe, expect, it } from "#test";
import { createStore, memoryStore, toDriver } from "../../src/index.ts";
import { type OpenAuthOptions, openAuthStorage } from "../../src/interop/openauth.ts";
import { atTime, idsOf } from "./support.ts";

const origin = "https://auth.example";
const redirect_uri = "http://localhost:3000/callback";
const subjects = createSubjects({ user: object({ id: string() }) });

/** An issuer in an isolate of its own, with a provider that signs everybody in. */
function newIssuer(store: ReturnType<typeof memoryStore>, options?: OpenAuthOptions) {
  return issuer({
    storage: openAuthStorage(store, options),
    subjects,
    ttl: { reuse: options?.refreshOnce ? 0 : 60 },
    providers: {
      anybody: {
        type: "anybody",
        init(routes, context) {
          routes.get("/authorize", (c) => context.success(c, {}));
        },
      },
    },
    allow: async () => true,
    success: (context) => context.subject("user", { id: "ann" }),
  });
}

/** Signs in, up to the code that may be redeemed. */
async function signIn(app: ReturnType<typeof newIssuer>): Promise<string> {
  const query = new URLSearchParams({ client_id: "app", redirect_uri, response_type: "code", provider: "anybody" });
  const started = await app.request(`${origin}/authorize?${query}`);
  const cookie = started.headers
    .getSetCookie()
    .map((one) => one.split(";")[0])
    .join("; ");
  const ended = await app.request(`${origin}/anybody/authorize`, { headers: { cookie } });
  return new URL(ended.headers.get("location") as string).searchParams.get("code") as string;
}

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

async function ask(app: ReturnType<typeof newIssuer>, form: Record<string, string>) {
  const response = await app.request(`${origin}/token`, { method: "POST", body: new URLSearchParams(form) });
  return { status: response.status, tokens: (await response.json()) as Tokens };
}

const redeem = (app: ReturnType<typeof newIssuer>, code: string) =>
  ask(app, { grant_type: "authorization_code", client_id: "app", redirect_uri, code });
const refresh = (app: ReturnType<typeof newIssuer>, refresh_token: string) =>
  ask(app, { grant_type: "refresh_token", client_id: "app", refresh_token });

async function quietly(body: () => Promise<void>): Promise<void> {
  const { log } = console;
  // The issuer logs every request.
  console.log = () => {};
  try {
    await body();
  } finally {
    console.log = log;
  }
}

describe("OpenAuth with a store as its storage", () => {
  it("redeems a code for one of two requests at once, in different isolates", () =>
    quietly(async () => {
      const store = memoryStore();
      const code = await signIn(newIssuer(store));
      const results = await Promise.all([redeem(newIssuer(store), code), redeem(newIssuer(store), code)]);
      expect(results.map(({ status }) => status).sort()).toEqual([200, 400]);
    }));

  it("refreshes tokens, again within the reuse time, and for one request alone if that is asked for", () =>
    quietly(async () => {
      const store = memoryStore();
      const app = newIssuer(store);
      const { tokens } = await redeem(app, await signIn(app));
      for (let times = 0; times < 2; times++) expect((await refresh(app, tokens.refresh_token)).status).toBe(200);

      const strict = newIssuer(store, { refreshOnce: true });
      const { tokens: others } = await redeem(strict, await signIn(strict));
      const results = await Promise.all(Array.from({ length: 5 }, () => refresh(strict, others.refresh_token)));
      expect(results.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400, 400]);
    }));

  it("keeps keys apart whatever their parts contain, and finds them by whole parts", async () => {
    const store = memoryStore();
    const storage = openAuthStorage(store);
    const keys = [
      ["a", "b", "c"],
      ["a", "b/c"],
      ["a/b", "c"],
      ["a", "b~1c"],
      ["a", "b~", "c"],
      ["a", "", "b", "c"],
      ["a", "bc"],
      ["a"],
      ["a", ""],
      ["a\u001f", "\ud800"],
    ];
    for (const [i, key] of keys.entries()) await storage.set(key, { i });
    expect((await idsOf(store, "openauth")).length).toBe(keys.length);
    for (const [i, key] of keys.entries()) expect(await storage.get(key)).toEqual({ i });
    const scanned = async (prefix: string[]) => {
      const found: unknown[] = [];
      for await (const entry of storage.scan(prefix)) found.push(entry);
      return found;
    };
    expect(await scanned(["a", "b"])).toEqual([[["a", "b", "c"], { i: 0 }]]);
    expect((await scanned(["a"])).length).toBe(8);
    expect((await scanned([])).length).toBe(keys.length);
    await storage.remove(["a", "b/c"]);
    expect(await storage.get(["a", "b/c"])).toBe(undefined);
  });

  it("scans many entries page after page, without expired ones", () =>
    atTime(async (pass) => {
      const storage = openAuthStorage(memoryStore());
      for (let i = 0; i < 250; i++) {
        const expiry = i % 2 ? new Date(Date.now() + 60_000) : undefined;
        await storage.set(["oauth:refresh", "user", `${i}`], { i }, expiry);
      }
      pass(61);
      let count = 0;
      for await (const [key] of storage.scan(["oauth:refresh", "user"])) {
        expect(Number(key[2]) % 2).toBe(0);
        count++;
      }
      expect(count).toBe(125);
    }));

  it("removes what has expired when it is set, and stores values as JSON", async () => {
    const storage = openAuthStorage(memoryStore());
    await storage.set(["k"], { at: new Date(0), none: undefined });
    expect(await storage.get(["k"])).toEqual({ at: "1970-01-01T00:00:00.000Z" });
    await storage.set(["k"], { later: true }, new Date(0));
    expect(await storage.get(["k"])).toBe(undefined);
  });

  it("keeps what expires in the year 9999, and refuses a date that is none", async () => {
    const storage = openAuthStorage(memoryStore());
    await storage.set(["k"], { late: true }, new Date("9999-12-31T23:59:59Z"));
    expect(await storage.get(["k"])).toEqual({ late: true });
    await expect(storage.set(["k"], {}, new Date(Number.NaN))).rejects.toThrow("ttl");
  });

  it("needs a strongly consistent store with atomic operations that can list, and says so", () => {
    const driver = toDriver(memoryStore());
    const { swap: _, ...weak } = driver;
    const { listKeys: __, ...blind } = driver;
    for (const [store, message] of [
      [createStore(weak), "openAuthStorage needs a store with atomic operations; memory has none"],
      [createStore(blind), "openAuthStorage needs a store that can list its keys; memory cannot"],
      [{ ...memoryStore() }, "openAuthStorage needs a store that is strongly consistent; custom is not"],
    ] as const) {
      expect(() => openAuthStorage(store as never)).toThrow(message);
    }
  });
});
