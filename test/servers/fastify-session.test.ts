import cookie from "@fastify/cookie";
import session from "@fastify/session";
import fastify, { type FastifyRequest } from "fastify";
import { describe, expect, it } from "#test";
import { type AsyncKeyValue, KeyValueError, memoryStore } from "../../src/index.ts";
import { type FastifySessionOptions, fastifySessionStore } from "../../src/interop/fastify-session.ts";

/** What happens to the session of the request that is being served. */
type Action = (request: FastifyRequest) => unknown;

/** A browser with cookies of its own, before an app that keeps its sessions in a store. */
function browserOn(
  store: AsyncKeyValue,
  { maxAge = 60_000, ...options }: FastifySessionOptions & { maxAge?: number } = {},
) {
  const actions: Action[] = [];
  const app = fastify();
  app.register(cookie);
  app.register(session, {
    store: fastifySessionStore(store, options),
    secret: "a secret for nothing but these tests, and long",
    cookie: { secure: false, maxAge },
    saveUninitialized: false,
  });
  app.get("/:action", async (request) => {
    await actions[Number((request.params as { action: string }).action)]?.(request);
    return dataOf(request.session);
  });
  let cookies = "";
  return async (action: Action = () => {}): Promise<Record<string, unknown>> => {
    const url = `/${actions.push(action) - 1}`;
    const response = await app.inject({ url, headers: { cookie: cookies } });
    const [set] = response.cookies;
    if (set) cookies = `${set.name}=${encodeURIComponent(set.value)}`;
    return response.json();
  };
}

/** The properties of a session that are data, without its cookie. */
function dataOf(given: object | null): Record<string, unknown> {
  return given && JSON.parse(JSON.stringify({ ...given, cookie: undefined }));
}

const put =
  (data: object): Action =>
  ({ session }) =>
    void Object.assign(session, data);

const signIn: Action = async (request) => {
  await request.session.regenerate();
  Object.assign(request.session, { user: "ann" });
};

/** A promise, and the function that settles it. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

describe("fastifySessionStore", () => {
  it("keeps the session of a browser from request to request", async () => {
    const request = browserOn(memoryStore());
    await request(signIn);
    await request(put({ basket: 1 }));
    expect(await request()).toEqual({ user: "ann", basket: 1 });
    expect(await request(({ session }) => session.destroy())).toEqual(null);
    expect(await request()).toEqual({});
  });

  it("drops what a request saves to a session that has ended meanwhile", async () => {
    const store = memoryStore();
    const request = browserOn(store);
    await request(signIn);
    const [entered, left] = [gate(), gate()];
    const slow = request(async ({ session }) => {
      Object.assign(session, { basket: 1 });
      entered.open();
      await left.opened;
    });
    await entered.opened;
    await request(({ session }) => session.destroy());
    left.open();
    await slow;
    expect(await Array.fromAsync(store.keys({ collection: "sessions" }))).toEqual([]);
  });

  it("keeps the changes of requests at the same time", async () => {
    const request = browserOn(memoryStore());
    await request(signIn);
    const { open, opened } = gate();
    let entered = 0;
    const change =
      (name: string): Action =>
      async ({ session }) => {
        Object.assign(session, { [name]: 1 });
        entered++;
        if (entered === 5) open();
        await opened;
      };
    await Promise.all(["a", "b", "c", "d", "e"].map((name) => request(change(name))));
    expect(await request()).toEqual({ user: "ann", a: 1, b: 1, c: 1, d: 1, e: 1 });
  });

  it("removes a property that a request has deleted, and saves twice in one request", async () => {
    const request = browserOn(memoryStore());
    await request(put({ a: 1, b: 1, c: 1 }));
    await request(async ({ session }) => {
      Reflect.deleteProperty(session, "a");
      await session.save();
      Reflect.deleteProperty(session, "b");
    });
    expect(await request()).toEqual({ c: 1 });
  });

  it("replaces the whole session with merge: false, and still drops what comes after its end", async () => {
    const store = memoryStore();
    const request = browserOn(store, { merge: false });
    await request(signIn);
    await request(async ({ session }) => {
      await request(put({ a: 1 }));
      Object.assign(session, { b: 1 });
    });
    expect(await request()).toEqual({ user: "ann", b: 1 });
    await request(async ({ session }) => {
      await store.destroyCollection({ collection: "sessions" });
      Object.assign(session, { c: 1 });
    });
    expect(await request()).toEqual({});
  });

  it("lets a session live as long as its cookie", async () => {
    const store = memoryStore();
    await browserOn(store, { maxAge: 30_000 })(signIn);
    const [id] = await Array.fromAsync(store.keys({ collection: "sessions" }));
    const left = (await store.ttl(id as string, { collection: "sessions" }))?.ttl as number;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(30);
  });

  it("refuses an eventually consistent store unless that is allowed", () => {
    const eventual = { ...memoryStore() };
    let code: unknown;
    try {
      fastifySessionStore(eventual);
    } catch (error) {
      code = error instanceof KeyValueError && error.code;
    }
    expect(code).toBe("misconfigured");
    fastifySessionStore(eventual, { allowEventual: true });
  });
});
