import { describe, expect, it } from "#test";
import { type IdempotentOptions, idempotent } from "../src/idempotent.ts";
import { type AsyncKeyValue, createStore, KeyValueError, memoryStore, toDriver } from "../src/index.ts";
import { atTime, storeWith } from "./interop/support.ts";

const collection = "idempotency";

interface Sent {
  readonly key?: string | null;
  readonly body?: BodyInit | null;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

function request({ key = "order-1", body = "ten euros", path = "/pay", method = "POST", headers, signal }: Sent = {}) {
  const all = new Headers(headers);
  if (key !== null) all.set("idempotency-key", key);
  return new Request(`https://shop.example${path}`, { method, body, headers: all, ...(signal && { signal }) });
}

/** A shop whose handler counts how often it runs. */
function shop(
  options: Partial<IdempotentOptions<[]>> = {},
  answer: (request: Request, run: number) => Response | Promise<Response> = async (request, run) =>
    Response.json({ run, paid: await request.text() }, { status: 201, headers: { location: `/payments/${run}` } }),
) {
  let runs = 0;
  const store = options.store ?? memoryStore();
  const pay = idempotent(async (request: Request) => answer(request, ++runs), { ...options, store });
  return { store, pay, send: (sent?: Sent) => pay(request(sent)), runs: () => runs };
}

/** A promise and the function that resolves it. */
function gate() {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

const seen = async (response: Response) => ({
  status: response.status,
  body: await response.text(),
  location: response.headers.get("location"),
  replayed: response.headers.get("idempotent-replayed"),
});

async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries++) {
    if (tries === 1000) throw new Error("it never came to pass");
    await new Promise((done) => setTimeout(done, 2));
  }
}

describe("an idempotent handler", () => {
  it("runs the first request, and replays its response to every retry", async () => {
    const { send, runs } = shop();
    const first = { status: 201, body: '{"run":1,"paid":"ten euros"}', location: "/payments/1" };
    expect(await seen(await send())).toEqual({ ...first, replayed: null });
    expect(await seen(await send())).toEqual({ ...first, replayed: "true" });
    expect(await seen(await send())).toEqual({ ...first, replayed: "true" });
    expect(runs()).toBe(1);
  });

  it("runs each key once", async () => {
    const { send, runs } = shop();
    for (const key of ["order-1", "order-2", "order-1"]) await send({ key });
    expect(runs()).toBe(2);
  });

  it("answers 409 while the first request is running, and says when to come back", async () => {
    const { open, opened } = gate();
    const { send, runs } = shop({}, async () => {
      await opened;
      return new Response("done");
    });
    const first = send();
    await eventually(() => runs() === 1);
    const early = await send();
    expect([early.status, early.headers.get("retry-after"), early.headers.get("content-type")]).toEqual([
      409,
      "1",
      "application/problem+json",
    ]);
    open();
    expect(await (await first).text()).toBe("done");
    expect(await (await send()).text()).toBe("done");
    expect(runs()).toBe(1);
  });

  it("runs once when a hundred retries arrive together", async () => {
    const { open, opened } = gate();
    const { send, runs } = shop({}, async () => {
      await opened;
      return new Response("done");
    });
    const statuses: number[] = [];
    const all = Array.from({ length: 100 }, async () => void statuses.push((await send()).status));
    await eventually(() => statuses.length === 99);
    expect(new Set(statuses)).toEqual(new Set([409]));
    open();
    await Promise.all(all);
    expect([statuses.at(-1), runs()]).toEqual([200, 1]);
    expect((await send()).headers.get("idempotent-replayed")).toBe("true");
  });

  it("answers 422 when a key comes back with another body, path, query or method, and does not run", async () => {
    const { send, runs } = shop();
    await send();
    for (const other of [
      { body: "eleven euros" },
      { body: null },
      { path: "/refund" },
      { path: "/pay?twice" },
      { method: "PATCH" },
    ]) {
      const response = await send(other);
      expect([response.status, (await response.json()).title]).toEqual([422, "Idempotency-Key is already used"]);
    }
    expect(runs()).toBe(1);
  });

  it("answers 422 to another request while the first one is running", async () => {
    const { open, opened } = gate();
    const { send, runs } = shop({}, async () => {
      await opened;
      return new Response("done");
    });
    const first = send();
    await eventually(() => runs() === 1);
    expect((await send({ body: "eleven euros" })).status).toBe(422);
    open();
    await first;
  });

  it("answers 400 to a request without a key where one is required, and runs it otherwise", async () => {
    const strict = shop({ required: true });
    const response = await strict.send({ key: null });
    expect([response.status, (await response.json()).title]).toEqual([400, "Idempotency-Key is missing"]);
    expect(strict.runs()).toBe(0);
    const lax = shop();
    for (const key of [null, null]) expect((await lax.send({ key })).status).toBe(201);
    expect(lax.runs()).toBe(2);
  });

  it("reads a key in quotes and without them, and answers 400 to one that is malformed", async () => {
    const { send, runs } = shop();
    await send({ key: '"a \\"quoted\\" key"' });
    await send({ key: '"a \\"quoted\\" key"' });
    await send({ key: '"plain"' });
    await send({ key: "plain" });
    expect(runs()).toBe(2);
    for (const key of ["", '""', '"', 'a"b', "two keys", "one,two", '"one", "two"', "x".repeat(256)]) {
      const response = await send({ key });
      expect([key, response.status]).toEqual([key, 400]);
    }
    expect(runs()).toBe(2);
    expect((await send({ key: "x".repeat(255) })).status).toBe(201);
  });

  it("leaves other methods alone", async () => {
    const { send, runs } = shop({ required: true });
    for (const method of ["GET", "PUT"]) {
      for (let times = 0; times < 2; times++) await send({ method, body: method === "GET" ? null : "x" });
    }
    expect(runs()).toBe(4);
    const own = shop({ methods: ["PUT"] });
    for (let times = 0; times < 2; times++) await own.send({ method: "PUT" });
    expect(own.runs()).toBe(1);
  });

  it("does not replay a response with status 500 or above, or one that asks for a retry", async () => {
    for (const status of [500, 503, 408, 425, 429]) {
      const { send, runs } = shop({}, (_, run) => new Response(`run ${run}`, { status: run === 1 ? status : 200 }));
      expect((await send()).status).toBe(status);
      expect(await seen(await send())).toMatchObject({ status: 200, body: "run 2", replayed: null });
      expect(await seen(await send())).toMatchObject({ status: 200, body: "run 2", replayed: "true" });
      expect(runs()).toBe(2);
    }
  });

  it("replays refusals of the handler, unless it is told what is final", async () => {
    const usual = shop({}, () => new Response("no such account", { status: 404 }));
    for (let times = 0; times < 2; times++) expect((await usual.send()).status).toBe(404);
    expect(usual.runs()).toBe(1);
    for (const isFinal of [({ ok }: Response) => ok, async ({ ok }: Response) => ok]) {
      const own = shop({ isFinal }, () => new Response("no such account", { status: 404 }));
      for (let times = 0; times < 2; times++) expect((await own.send()).status).toBe(404);
      expect(own.runs()).toBe(2);
    }
  });

  it("lets a retry run when the first attempt has failed, and the failure is the caller's", async () => {
    const { send, runs, store } = shop({}, (_, run) => {
      if (run === 1) throw new RangeError("out of order");
      return new Response("done");
    });
    expect(await send().catch((error: unknown) => String(error))).toBe("RangeError: out of order");
    expect(await (await send()).text()).toBe("done");
    expect(runs()).toBe(2);
    expect((await (store as ReturnType<typeof memoryStore>).listKeys({ collection })).names.length).toBe(1);
  });

  it("lets a retry run once the lease of an attempt has ended whose process died", () =>
    atTime(async (pass) => {
      const store = memoryStore();
      const dead = shop({ store, lease: 30 }, () => new Promise(() => {}));
      dead.send().catch(() => {});
      await eventually(() => dead.runs() === 1);
      const alive = shop({ store, lease: 30 });
      expect((await alive.send()).status).toBe(409);
      pass(29);
      expect((await alive.send()).status).toBe(409);
      pass(2);
      expect((await alive.send()).status).toBe(201);
    }));

  it("keeps its claim for as long as the handler runs, also beyond the lease", () =>
    atTime(async (pass) => {
      const { open, opened } = gate();
      const store = memoryStore();
      const { send, runs } = shop({ store, lease: 0.3 }, async () => {
        await opened;
        return new Response("done");
      });
      const first = send();
      await eventually(() => runs() === 1);
      const [key = ""] = (await store.listKeys({ collection })).names;
      const left = async () => (await store.ttl(key, { collection }))?.ttl ?? 0;
      for (let times = 0; times < 3; times++) {
        pass(0.2);
        await eventually(async () => (await left()) > 0.2);
        expect((await send()).status).toBe(409);
      }
      open();
      await first;
      expect(runs()).toBe(1);
      expect(await left()).toBe(86_400);
    }));

  it("does not let a late attempt replace the response of the one that took over", () =>
    atTime(async (pass) => {
      const { open, opened } = gate();
      const { send, runs } = shop({}, async (_, run) => {
        if (run === 1) await opened;
        return new Response(`run ${run}`);
      });
      const late = send();
      await eventually(() => runs() === 1);
      pass(31);
      expect(await (await send()).text()).toBe("run 2");
      open();
      await late;
      expect(await (await send()).text()).toBe("run 2");
    }));

  it("finishes a request whose client hangs up, and replays its response to the retry", async () => {
    const { open, opened } = gate();
    const kept: Promise<unknown>[] = [];
    const { pay, send, runs } = shop({}, async (request) => {
      await opened;
      return new Response(`hung up: ${request.signal.aborted}`);
    });
    const client = new AbortController();
    const scope = { waitUntil: (promise: Promise<unknown>) => void kept.push(promise) };
    pay
      .with(scope)(request({ signal: client.signal }))
      .catch(() => {});
    await eventually(() => runs() === 1);
    client.abort();
    open();
    expect(kept.length).toBe(1);
    await Promise.all(kept);
    expect(await seen(await send())).toMatchObject({ status: 200, replayed: "true" });
    expect(runs()).toBe(1);
  });

  it("lets a retry run when the handler gives up because its client hung up", async () => {
    const { send, runs } = shop({}, async (request, run) => {
      if (run > 1) return new Response("done");
      await new Promise((_, reject) => {
        request.signal.addEventListener("abort", () => reject(request.signal.reason));
      });
      return new Response("never");
    });
    const client = new AbortController();
    const first = send({ signal: client.signal }).then(
      () => "answered",
      () => "given up",
    );
    await eventually(() => runs() === 1);
    client.abort();
    expect(await first).toBe("given up");
    expect(await (await send()).text()).toBe("done");
  });

  it("says so when the handler returns no response, and lets a retry run", async () => {
    const { send, runs } = shop({}, (() => undefined) as never);
    const message = "handler must be a function that returns a Response; got undefined";
    for (const run of [1, 2]) {
      await expect(send()).rejects.toThrow(message);
      expect(runs()).toBe(run);
    }
  });

  it("keeps the keys of callers apart who are told apart", async () => {
    const { send, runs } = shop({ scope: (request) => request.headers.get("x-user") ?? "" });
    for (const user of ["ann", "bob", "ann"]) await send({ headers: { "x-user": user } });
    expect(runs()).toBe(2);
    // The same caller may come back with a new token.
    const again = await send({ headers: { "x-user": "ann", authorization: "Bearer renewed" } });
    expect(again.headers.get("idempotent-replayed")).toBe("true");
  });

  it("never replays a response to other credentials where callers are not told apart", async () => {
    const { send, runs } = shop();
    await send({ headers: { authorization: "Bearer ann", cookie: "session=ann" } });
    const other: Record<string, string>[] = [
      { authorization: "Bearer bob", cookie: "session=ann" },
      { cookie: "session=ann" },
      {},
    ];
    for (const headers of other) expect((await send({ headers })).status).toBe(422);
    const same = await send({ headers: { authorization: "Bearer ann", cookie: "session=ann" } });
    expect(same.headers.get("idempotent-replayed")).toBe("true");
    expect(runs()).toBe(1);
  });

  it("keeps neither keys nor bodies of requests in the clear, and nothing outside its collection", async () => {
    const store = memoryStore();
    await shop({ store }, () => new Response("done")).send({ key: "secret-key", body: "secret body" });
    expect((await store.listCollections()).names).toEqual([collection]);
    const { names } = await store.listKeys({ collection });
    expect(names.length).toBe(1);
    expect(JSON.stringify([names, await store.getMany(names, { collection })])).not.toContain("secret");
  });

  it("compares requests by what it is told", async () => {
    const { send, runs } = shop({ fingerprint: (_, body) => JSON.parse(new TextDecoder().decode(body)).amount });
    await send({ body: '{"amount":"10","sent":1}' });
    expect((await send({ body: '{"sent":2,"amount":"10"}' })).headers.get("idempotent-replayed")).toBe("true");
    expect((await send({ body: '{"sent":1,"amount":"11"}' })).status).toBe(422);
    expect(runs()).toBe(1);
  });

  it("hands the request on with its body, bytes and streams alike", async () => {
    const bytes = new Uint8Array([0, 255, 128, 10]);
    const { send } = shop({}, async (request) => new Response(await request.arrayBuffer()));
    for (const key of ["first", "first"]) {
      expect(new Uint8Array(await (await send({ key, body: bytes })).arrayBuffer())).toEqual(bytes);
    }
  });

  it("replays status, headers and each cookie", async () => {
    const { send } = shop({}, () => {
      const response = new Response(null, { status: 204, headers: { "x-own": "yes", connection: "close" } });
      response.headers.append("set-cookie", "a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT");
      response.headers.append("set-cookie", "b=2");
      return response;
    });
    for (let times = 0; times < 2; times++) {
      const { status, headers, body } = await send();
      expect([status, headers.get("x-own"), headers.getSetCookie(), body]).toEqual([
        204,
        "yes",
        ["a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "b=2"],
        null,
      ]);
    }
  });

  it("refuses a body over maxBytes with 413, and passes on a larger response that it cannot replay", async () => {
    const { send, runs } = shop({ maxBytes: 10 }, () => new Response("x".repeat(11)));
    expect((await send({ body: "x".repeat(11) })).status).toBe(413);
    expect(runs()).toBe(0);
    expect(await (await send({ body: "x".repeat(10) })).text()).toBe("x".repeat(11));
    expect((await send({ body: "x".repeat(10) })).status).toBe(410);
    expect(runs()).toBe(1);
  });

  it("refuses a streamed body over maxBytes too", async () => {
    const { pay, runs } = shop({ maxBytes: 10 });
    const body = new ReadableStream({ pull: (controller) => controller.enqueue(new TextEncoder().encode("four")) });
    const init = { method: "POST", headers: { "idempotency-key": "k" }, body, duplex: "half" };
    expect((await pay(new Request("https://shop.example/pay", init as RequestInit))).status).toBe(413);
    expect(runs()).toBe(0);
  });

  it("passes on a stream of events as it comes", async () => {
    const { send } = shop({}, () => {
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode("data: 1\n\n")),
      });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    });
    const reader = (await send()).body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe("data: 1\n\n");
    await reader?.cancel();
    expect((await send()).status).toBe(410);
  });

  it("replays its own copy of chunks whose memory is used again, and fails for chunks that are not bytes", async () => {
    const memory = new Uint8Array(1);
    const bodyOf = (chunks: readonly unknown[]) => {
      const left = [...chunks];
      const pull = (controller: ReadableStreamDefaultController) => {
        const chunk = left.shift();
        if (typeof chunk === "number") memory[0] = chunk;
        if (chunk === undefined) controller.close();
        else controller.enqueue(typeof chunk === "number" ? memory : chunk);
      };
      return new ReadableStream({ pull }, { highWaterMark: 0 });
    };
    const sent = [bodyOf([97, 98, 99]), bodyOf(["text"]), "again"];
    const handler = idempotent(async () => new Response(sent.shift()), { store: memoryStore() });
    const ask = async (key: string) => (await handler(request({ key }))).text();
    expect([await ask("a"), await ask("a")]).toEqual(["abc", "abc"]);
    await expect(ask("b")).rejects.toThrow(TypeError);
    expect(await ask("b")).toBe("again");
  });

  it("forgets a response after its TTL", () =>
    atTime(async (pass) => {
      const { send, runs } = shop({ ttl: 3600 });
      await send();
      pass(3599);
      await send();
      expect(runs()).toBe(1);
      pass(2);
      await send();
      expect(runs()).toBe(2);
    }));

  it("names its documentation, and lets an API refuse in its own form", async () => {
    const documented = shop({ required: true, documentation: "https://shop.example/keys" });
    const response = await documented.send({ key: null });
    expect(response.headers.get("link")).toBe('<https://shop.example/keys>; rel="describedby"; type="text/html"');
    expect((await response.json()).type).toBe("https://shop.example/keys");
    const own = shop({ required: true, refusal: ({ status, title }) => Response.json({ error: title }, { status }) });
    expect(await (await own.send({ key: null })).json()).toEqual({ error: "Idempotency-Key is missing" });
  });

  it("does not run while the store fails", async () => {
    const failure = new KeyValueError("unavailable", "out of order");
    const { store } = storeWith(() => ({ swap: () => Promise.reject(failure) }));
    const { send, runs } = shop({ store });
    expect(await send().catch((error: unknown) => error)).toBe(failure);
    expect(runs()).toBe(0);
  });

  it("gives a key back that was claimed by a call whose reply was lost", async () => {
    const inner = memoryStore();
    let claims = 0;
    const store = {
      ...inner,
      async putIfAbsent(...args: Parameters<typeof inner.putIfAbsent>) {
        const isFirst = await inner.putIfAbsent(...args);
        if (++claims === 1) throw new KeyValueError("unavailable", "the reply was lost");
        return isFirst;
      },
    };
    const background: Promise<unknown>[] = [];
    const { send, runs } = shop({ store, waitUntil: (promise) => background.push(promise) });
    await expect(send()).rejects.toThrow("the reply was lost");
    await Promise.all(background);
    expect([(await send()).status, runs()]).toEqual([201, 1]);
  });

  it("answers with the response when it cannot be stored, tries again, and reports the failure", async () => {
    let failures = 0;
    const problems: unknown[] = [];
    const { store } = storeWith(({ swap }) => ({
      swap(collection, key, expected, next) {
        const isResponse = typeof next?.value === "object" && next.value !== null && "response" in next.value;
        if (isResponse && failures++ < 2) throw new KeyValueError("unavailable", "out of order");
        return swap(collection, key, expected, next);
      },
    }));
    const flaky = shop({ store, onError: (error) => problems.push(error) });
    expect((await flaky.send()).status).toBe(201);
    expect(problems).toEqual([]);
    expect((await flaky.send()).headers.get("idempotent-replayed")).toBe("true");
    failures = Number.NEGATIVE_INFINITY;
    expect((await flaky.send({ key: "order-2" })).status).toBe(201);
    expect((problems as KeyValueError[]).map(({ code }) => code)).toEqual(["unavailable"]);
  });

  it("answers though the store hangs once the handler has run, and reports that", async () => {
    const inner = memoryStore();
    const store = { ...inner, update: () => new Promise<never>(() => {}) };
    for (const status of [201, 500]) {
      const codes: unknown[] = [];
      const onError = (error: unknown) => codes.push((error as KeyValueError).code);
      const { send } = shop({ store, lease: 0.05, onError }, () => new Response("paid", { status }));
      expect((await send({ key: `order-${status}` })).status).toBe(status);
      expect(codes).toEqual(["timeout"]);
    }
  });

  it("does not run again when the store has no room for the response", async () => {
    const problems: unknown[] = [];
    const { store } = storeWith(({ swap }) => ({
      swap(collection, key, expected, next) {
        if (JSON.stringify(next ?? "").includes("paid")) throw new KeyValueError("too_large", "value is too large");
        return swap(collection, key, expected, next);
      },
    }));
    const { send, runs } = shop({ store, onError: (error) => problems.push(error) });
    expect((await send()).status).toBe(201);
    expect((await send()).status).toBe(410);
    expect([runs(), problems.length]).toEqual([1, 1]);
  });

  it("never runs over a value that is damaged or of another kind", async () => {
    const store = memoryStore();
    const { send, runs } = shop({ store });
    await send();
    const [key = ""] = (await store.listKeys({ collection })).names;
    const state = await store.get<{ fingerprint: string }>(key, { collection });
    for (const damaged of [
      "text",
      7,
      [],
      {},
      { fingerprint: state?.fingerprint },
      { ...state, response: { status: 1 } },
    ]) {
      await store.put(key, damaged, { collection });
      expect(await send().catch((error: KeyValueError) => error.code)).toBe("wrong_kind");
    }
    const broken = { status: 99, statusText: "", headers: [], age: 0 };
    await store.put(key, { ...state, response: broken }, { collection });
    expect(await send().catch((error: KeyValueError) => error.code)).toBe("corrupted");
    expect(runs()).toBe(1);
  });

  it("keeps its response, and the process, whatever onError throws", async () => {
    const driver = toDriver(memoryStore());
    let calls = 0;
    const down = async (): Promise<never> => {
      throw new KeyValueError("unavailable", "down");
    };
    // The claim goes through. Then the store fails, for renewals as well.
    const store = createStore({ ...driver, swap: (...args) => (calls++ > 0 ? down() : driver.swap(...args)) });
    const told: unknown[] = [];
    const pay = idempotent(
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        return new Response("paid");
      },
      {
        store,
        lease: 0.015,
        onError(error) {
          told.push(error);
          throw new Error("the logger is broken");
        },
      },
    );
    expect(await (await pay(request())).text()).toBe("paid");
    expect(told.length).toBeGreaterThanOrEqual(1);
  });

  it("answers also where waitUntil throws, as one does that was taken off its ctx", async () => {
    const told: unknown[] = [];
    const broken = new TypeError("Illegal invocation");
    const pay = idempotent(() => new Response("paid"), {
      store: memoryStore(),
      waitUntil() {
        throw broken;
      },
      onError: (error) => told.push(error),
    });
    expect(await (await pay(request())).text()).toBe("paid");
    expect(told).toEqual([broken]);
  });

  it("refuses a store that may drop what it has stored", () => {
    expect(() => idempotent(() => new Response(), { store: memoryStore({ maxEntries: 10 }) })).toThrow(
      "may drop entries",
    );
  });

  it("needs a store with atomic operations, and says so", () => {
    const { swap: _, ...driver } = toDriver(memoryStore());
    const weak: AsyncKeyValue = createStore(driver);
    // @ts-expect-error the store cannot claim a key
    expect(() => idempotent(() => new Response(), { store: weak })).toThrow(
      "idempotent needs a store with atomic operations; memory has none",
    );
  });

  it("refuses wrong options at once", () => {
    const store = memoryStore();
    const handler = () => new Response();
    for (const [wrong, message] of [
      [{ ttl: 0 }, "ttl must be"],
      [{ lease: Number.NaN }, "lease must be"],
      [{ maxBytes: 0 }, "maxBytes must be"],
      [{ scope: "ann" }, "scope must be"],
      [{ methods: ["post"] }, "methods must be in upper case"],
      [{ methods: [/POST/] }, "methods must be a string"],
      [{ collection: 5 }, "collection must be"],
      [{ documentation: "https://example.com/a\nb" }, "documentation must be a URL"],
    ] as const) {
      expect(() => idempotent(handler, { store, ...wrong } as never)).toThrow(message);
    }
    expect(() => idempotent("handler" as never, { store })).toThrow("handler must be");
  });

  it("passes on the other arguments of the handler", async () => {
    const pay = idempotent((_: Request, env: { shop: string }) => new Response(env.shop), {
      store: memoryStore(),
      scope: (_, env) => env.shop,
    });
    expect(await (await pay(request(), { shop: "north" })).text()).toBe("north");
    expect(await (await pay(request(), { shop: "south" })).text()).toBe("south");
  });
});
