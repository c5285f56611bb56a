import { describe, expect, it } from "#test";
import { createStore, KeyValueError, memoryStore, toDriver } from "../src/index.ts";
import { type RateLimitedOptions, rateLimited } from "../src/rate-limited.ts";
import { atTime, storeWith } from "./interop/support.ts";

type Options = Partial<RateLimitedOptions<[]>>;

/** A handler with a limit of 3 a minute for each client, and a way to call it. */
function limitedHandler(options: Options = {}, answer = (): Response => new Response("hello")) {
  let runs = 0;
  const handler = rateLimited(
    (_: Request) => {
      runs++;
      return answer();
    },
    { store: memoryStore(), limit: 3, window: 60, key: (request) => request.headers.get("x-client"), ...options },
  );
  const send = (client: string | null = "ann") =>
    handler(new Request("https://app.example/", { headers: client === null ? {} : { "x-client": client } }));
  return { send, handler, runs: () => runs };
}

const seen = ({ status, headers }: Response) => ({
  status,
  policy: headers.get("ratelimit-policy"),
  limit: headers.get("ratelimit"),
  retryAfter: headers.get("retry-after"),
});

/** A store that fails. */
const failing = () => {
  const fail = (): never => {
    throw new KeyValueError("unavailable", "out of order");
  };
  return storeWith(() => ({ read: fail, swap: fail, apply: fail })).store;
};

describe("a handler with a rate limit", () => {
  it("runs up to the limit, then answers 429 with Retry-After, and tells where the client stands", () =>
    atTime(async (pass) => {
      const { send, runs } = limitedHandler();
      const policy = '"default";q=3;w=60';
      expect(seen(await send())).toEqual({ status: 200, policy, limit: '"default";r=2;t=61', retryAfter: null });
      await send();
      expect(seen(await send())).toMatchObject({ status: 200, limit: '"default";r=0;t=61' });
      const refused = await send();
      expect(seen(refused)).toEqual({ status: 429, policy, limit: '"default";r=0;t=61', retryAfter: "61" });
      expect(refused.headers.get("content-type")).toBe("application/problem+json");
      expect(await refused.json()).toMatchObject({ status: 429, title: "Too many requests" });
      expect(runs()).toBe(3);
      pass(Number(refused.headers.get("retry-after")));
      expect((await send()).status).toBe(200);
    }));

  it("lets exactly the limit through when a thousand requests arrive together, in one call to the store each", async () => {
    let calls = 0;
    const { store } = storeWith(({ apply, read, swap }) => ({
      read(...args) {
        calls++;
        return read(...args);
      },
      swap(...args) {
        calls++;
        return swap(...args);
      },
      apply(...args) {
        calls++;
        return apply!(...args);
      },
    }));
    const { send, runs } = limitedHandler({ store, limit: 10 });
    const responses = await Promise.all(Array.from({ length: 1000 }, () => send()));
    expect(responses.filter(({ status }) => status === 200).length).toBe(10);
    expect([runs(), calls]).toEqual([10, 1000]);
  });

  it("counts each client on its own, and those without a key not at all", async () => {
    const { send } = limitedHandler({ limit: 1 });
    expect((await send("ann")).status).toBe(200);
    expect((await send("bob")).status).toBe(200);
    expect((await send("ann")).status).toBe(429);
    for (let times = 0; times < 3; times++) {
      expect(seen(await send(null))).toEqual({ status: 200, policy: null, limit: null, retryAfter: null });
    }
  });

  it("takes as much of the limit as a request costs", async () => {
    const { send } = limitedHandler({ cost: async () => 2 });
    expect([(await send()).status, (await send()).status]).toEqual([200, 429]);
  });

  it("keeps the status, headers and body of the handler", async () => {
    const answer = () => {
      const response = new Response("made", { status: 201, headers: { "x-own": "yes" } });
      response.headers.append("set-cookie", "a=1");
      response.headers.append("set-cookie", "b=2");
      return response;
    };
    const response = await limitedHandler({}, answer).send();
    expect([response.status, response.headers.get("x-own"), await response.text()]).toEqual([201, "yes", "made"]);
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    const immutable = await limitedHandler({}, () => Response.redirect("https://app.example/other", 303)).send();
    expect([immutable.status, immutable.headers.get("ratelimit")]).toEqual([303, '"default";r=2;t=61']);
  });

  it("has several limits, each with a name of its own", async () => {
    const store = memoryStore();
    const key = () => "ann";
    const inner = rateLimited(() => new Response("hello"), { store, key, limit: 9, window: 86_400, name: "daily" });
    const outer = rateLimited(inner, { store, key, limit: 1, window: 1, name: "burst" });
    const request = new Request("https://app.example/");
    expect((await outer(request)).headers.get("ratelimit-policy")).toBe('"daily";q=9;w=86400, "burst";q=1;w=1');
    const refused = await outer(request);
    expect([refused.status, refused.headers.get("ratelimit-policy")]).toEqual([429, '"burst";q=1;w=1']);
  });

  it("lets an app refuse in its own form, with the headers added", async () => {
    const { send } = limitedHandler({
      limit: 1,
      refusal: ({ retryAfter }) => Response.json({ wait: retryAfter > 0 }, { status: 420 }),
    });
    await send();
    const response = await send();
    expect([response.status, await response.json()]).toEqual([420, { wait: true }]);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
  });

  it("keeps to the options that it was made with", async () => {
    const options = { store: memoryStore(), key: () => "ann", limit: 1, window: 60 };
    const handler = rateLimited(() => new Response("hello"), options);
    Object.assign(options, { limit: 100, window: -1 });
    const statuses = [1, 2].map(async () => (await handler(new Request("https://app.example/"))).status);
    expect(await Promise.all(statuses)).toEqual([200, 429]);
  });

  it("says so when a handler returns no response", async () => {
    const handler = rateLimited((() => undefined) as never, {
      ...{ store: memoryStore(), key: () => "ann", limit: 1, window: 1 },
    });
    const message = "handler must be a function that returns a Response; got undefined";
    await expect(handler(new Request("https://app.example/"))).rejects.toThrow(message);
  });

  it("fails with the store, or lets all or none through where it is told to", async () => {
    const thrown = await limitedHandler({ store: failing() })
      .send()
      .catch((error: KeyValueError) => error.code);
    expect(thrown).toBe("unavailable");
    const allowed = await limitedHandler({ store: failing(), onStoreError: "allow" }).send();
    expect(seen(allowed)).toEqual({ status: 200, policy: null, limit: null, retryAfter: null });
    const denied = limitedHandler({ store: failing(), onStoreError: "deny" });
    expect(seen(await denied.send())).toEqual({ status: 503, policy: null, limit: null, retryAfter: "1" });
    expect(denied.runs()).toBe(0);
  });

  it("passes on the other arguments", async () => {
    const handler = rateLimited((_: Request, name: string) => new Response(name), {
      store: memoryStore(),
      limit: 1,
      window: 60,
      key: (_, name) => name,
    });
    const request = new Request("https://app.example/");
    expect(await (await handler(request, "ann")).text()).toBe("ann");
    expect([(await handler(request, "bob")).status, (await handler(request, "ann")).status]).toEqual([200, 429]);
  });

  it("needs a store with atomic operations, and refuses wrong options at once", () => {
    const { swap: _, ...weak } = toDriver(memoryStore());
    expect(() => limitedHandler({ store: createStore(weak) as never })).toThrow(
      "rateLimited needs a store with atomic operations",
    );
    expect(() => limitedHandler({ key: "ann" as never })).toThrow("key must be");
    expect(() => limitedHandler({ name: "été" })).toThrow("name must be");
    expect(() => limitedHandler({ limit: 0 })).toThrow("limit must be");
    expect(() => limitedHandler({ cost: 1.5 })).toThrow("cost must be");
    expect(() => limitedHandler({ window: -1 })).toThrow("window must be");
    expect(() => limitedHandler({ collection: 5 as never })).toThrow("collection must be");
    expect(() => limitedHandler({ onStoreError: "ignore" as never })).toThrow("onStoreError must be");
    expect(() => rateLimited("handler" as never, {} as never)).toThrow("handler must be");
  });
});
