import { describe, expect, it } from "#test";
import { type CachedResponseOptions, cachedResponse } from "../src/cached-response.ts";
import { createStore, type Driver, memoryStore, toDriver } from "../src/index.ts";
import { at, deferred, failure, sleep, withoutSwap } from "./support/caching.ts";

const url = "https://example.com/page?a=1";
const get = (headers: Record<string, string> = {}, method = "GET") => new Request(url, { method, headers });

/** A handler that counts its calls and puts the number into the body. */
function page(
  init: ResponseInit | ((request: Request) => ResponseInit) = {},
  options: Partial<CachedResponseOptions> = {},
) {
  const seen: Request[] = [];
  const store = memoryStore();
  const handler = async (request: Request) => {
    seen.push(request);
    return new Response(`body ${seen.length}`, typeof init === "function" ? init(request) : init);
  };
  return { seen, store, fetch: cachedResponse(handler, { store, ttl: 60, ...options }).with({}) };
}

/** What a cache did with a request, and the body. */
async function answer(response: Response | Promise<Response>): Promise<[status: string | null, body: string]> {
  const { headers } = await response;
  return [headers.get("cache-status")?.replace(/^edge-key-value; /, "") ?? null, await (await response).text()];
}

const cacheControl = (value: string, more: Record<string, string> = {}) => ({
  headers: { "cache-control": value, ...more },
});

describe("cachedResponse", () => {
  it("answers again with status, headers and body, an age, and what it did", async () => {
    const init = {
      status: 203,
      statusText: "From Elsewhere",
      headers: { "content-type": "text/x-test; charset=utf-8", "x-own": "1", "cache-control": "max-age=100" },
    };
    const { seen, fetch } = page(init);
    const first = await fetch(get());
    expect([first.headers.get("cache-status"), first.headers.get("age")]).toEqual(["edge-key-value; fwd=miss", null]);
    expect(await first.text()).toBe("body 1");
    await at(7_500, async () => {
      const second = await fetch(get());
      expect([second.status, second.statusText, await second.text()]).toEqual([203, "From Elsewhere", "body 1"]);
      expect(Object.fromEntries(second.headers)).toEqual({
        ...init.headers,
        "content-length": "6",
        age: "7",
        "cache-status": "edge-key-value; hit; ttl=92",
      });
    });
    expect(seen.length).toBe(1);
  });

  it("hands a request that changes something to waitUntil, so that its visitor may leave before the removal", async () => {
    const { fetch } = page();
    expect(await answer(fetch(get()))).toEqual(["fwd=miss", "body 1"]);
    const works: Promise<unknown>[] = [];
    const left = fetch.with({ waitUntil: (work: Promise<unknown>) => works.push(work) })(get({}, "POST"));
    expect(works.length).toBe(1);
    await works[0];
    expect(await answer(fetch(get()))).toEqual(["fwd=miss", "body 3"]);
    expect(await answer(left)).toEqual(["fwd=method", "body 2"]);
  });

  it("keeps a body that comes slowly, also where a run may take longer than the longest delay of a timer", async () => {
    const store = memoryStore();
    const slowly = async () => {
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
      const writer = writable.getWriter();
      const send = async () => {
        await writer.write(new TextEncoder().encode("first, "));
        await new Promise((resolve) => setTimeout(resolve, 20));
        await writer.write(new TextEncoder().encode("second"));
        await writer.close();
      };
      send().catch(() => {});
      return new Response(readable);
    };
    const fetch = cachedResponse(slowly, { store, ttl: 60, lock: { ttl: 1e9 } }).with({});
    expect(await answer(fetch(get()))).toEqual(["fwd=miss", "first, second"]);
    expect((await answer(fetch(get())))[0]).toContain("hit");
  });

  it("keeps its own copy of chunks whose memory is used again, such as the buffers of Node", async () => {
    // As a `Buffer` of Node, whose `slice` shares memory.
    class Shared extends Uint8Array {
      override slice(start?: number, end?: number) {
        return this.subarray(start, end);
      }
    }
    const memory = new Shared(5);
    const reusing = async () => {
      let sent = 0;
      const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
        memory.set(new TextEncoder().encode(`part${sent}`));
        sent++;
        if (sent > 3) controller.close();
        else controller.enqueue(memory);
      };
      return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }));
    };
    const fetch = cachedResponse(reusing, { store: memoryStore(), ttl: 60 }).with({});
    await answer(fetch(get()));
    const [status, text] = await answer(fetch(get()));
    expect([status?.includes("hit"), text]).toEqual([true, "part0part1part2"]);
  });

  it("keeps nothing of a body with chunks that are not bytes", async () => {
    for (const chunk of ["text", new DataView(new ArrayBuffer(4)), new Uint16Array(2)]) {
      const start = (controller: ReadableStreamDefaultController) => {
        controller.enqueue(chunk);
        controller.close();
      };
      const bodies: BodyInit[] = [new ReadableStream({ start }), "good"];
      const handler = async () => new Response(bodies.shift());
      const fetch = cachedResponse(handler, { store: memoryStore(), ttl: 60 }).with({});
      await answer(fetch(get())).catch(() => {});
      expect((await answer(fetch(get())))[1]).toBe("good");
    }
  });

  it("keeps any bytes, a body that is empty, and none", async () => {
    const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => (i * 7) % 256);
    const bodies = [bytes, new TextEncoder().encode("\uFEFFgrüße 🎈"), new Uint8Array(), null];
    for (const body of bodies) {
      let calls = 0;
      const handler = () => {
        calls++;
        return new Response(body, { status: body ? 200 : 204 });
      };
      const fetch = cachedResponse(handler, { store: memoryStore(), ttl: 60 }).with({});
      await answer(fetch(get()));
      const again = await fetch(get());
      expect([calls, again.headers.get("content-type")]).toEqual([1, null]);
      expect([...new Uint8Array(await again.arrayBuffer())].join()).toBe([...(body ?? [])].join());
      if (!body) expect(again.body).toBe(null);
    }
  });

  it("stores texts as texts", async () => {
    const { store, fetch } = page({ headers: { "content-type": "text/plain" } });
    await (await fetch(get())).text();
    const stored = (await store.get(`GET ${url}`)) as { value: unknown };
    expect(stored.value).toEqual({
      response: {
        status: 200,
        statusText: "",
        headers: [["content-type", "text/plain"]],
        body: "body 1",
        age: 0,
        audience: "anonymous",
      },
    });
  });

  it("never stores cookies nor headers of the connection, and gives cookies to the first visitor alone", async () => {
    const headers = new Headers({
      "cache-control": "max-age=60",
      connection: "x-hop",
      "x-hop": "1",
      "keep-alive": "timeout=5",
      te: "trailers",
      "x-own": "1",
    });
    headers.append("set-cookie", "a=1");
    headers.append("set-cookie", "b=2");
    const { store, fetch } = page({ headers });
    expect((await fetch(get())).headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    const names = [...(await fetch(get())).headers].map(([name]) => name);
    expect(names).toContain("x-own");
    for (const name of ["set-cookie", "connection", "x-hop", "keep-alive", "te"]) expect(names).not.toContain(name);
    expect(JSON.stringify(await store.get(`GET ${url}`))).not.toContain("a=1");
  });

  it("keeps nothing of a response that sets a cookie and does not say that it may be kept", async () => {
    const { seen, fetch } = page({ headers: { "set-cookie": "a=1" } });
    await answer(fetch(get()));
    const second = await fetch(get());
    expect([seen.length, second.headers.get("set-cookie")]).toEqual([2, "a=1"]);
    const open = page({ headers: { "set-cookie": "a=1", "cache-control": "public" } });
    await answer(open.fetch(get()));
    await answer(open.fetch(get()));
    expect(open.seen.length).toBe(1);
  });

  it("goes by what the response says, then by its options", async () => {
    const past = "Thu, 01 Jan 1970 00:00:00 GMT";
    const soon = new Date(Date.now() + 30_000).toUTCString();
    const cases: [headers: Record<string, string>, seconds: number | null][] = [
      [{}, 60],
      [{ "cache-control": "max-age=10" }, 10],
      [{ "cache-control": 'MAX-AGE="10"' }, 10],
      [{ "cache-control": "max-age=10, s-maxage=20" }, 20],
      [{ "cache-control": "max-age=10", age: "4" }, 6],
      [{ "cache-control": "max-age=10", expires: past }, 10],
      [{ expires: soon }, 30],
      [{ expires: past }, null],
      [{ expires: "0" }, null],
      [{ "cache-control": "max-age=0" }, null],
      [{ "cache-control": "max-age=often" }, null],
      [{ "cache-control": "no-store" }, null],
      [{ "cache-control": "no-cache" }, null],
      [{ "cache-control": "private, max-age=10" }, null],
      [{ "cache-control": 'private="set-cookie", max-age=10' }, null],
      [{ "cache-control": "max-age=10, NO-STORE" }, null],
      [{ "cache-control": 'x="no-store, private", max-age=10' }, 10],
      [{ vary: "*" }, null],
    ];
    for (const [headers, seconds] of cases) {
      const { seen, fetch } = page({ headers });
      await answer(fetch(get()));
      const [status] = await answer(fetch(get()));
      const ttl = /ttl=(-?\d+)/.exec(status ?? "")?.[1];
      const near = seconds === null ? status : Math.abs(Number(ttl) - seconds) <= 2;
      expect([headers, near, seen.length]).toEqual([
        headers,
        seconds === null ? "fwd=bypass" : true,
        seconds === null ? 2 : 1,
      ]);
    }
  });

  it("keeps by the options only statuses that are fit for it, and never a failure or a part", async () => {
    for (const [status, kept, keptIfAsked] of [
      [200, true, true],
      [301, true, true],
      [404, true, true],
      [302, false, true],
      [403, false, true],
      [206, false, false],
      [500, false, false],
      [503, false, false],
    ] as const) {
      for (const [headers, expected] of [
        [{}, kept],
        [{ "cache-control": "max-age=60" }, keptIfAsked],
      ] as const) {
        const { seen, fetch } = page({ status, headers });
        expect((await fetch(get())).status).toBe(status);
        expect([status, headers, (await fetch(get())).status, seen.length]).toEqual([
          status,
          headers,
          status,
          expected ? 1 : 2,
        ]);
      }
    }
  });

  it("keeps nothing without a TTL from anywhere", async () => {
    const { seen, fetch } = page({}, { ttl: undefined });
    await answer(fetch(get()));
    await answer(fetch(get()));
    expect(seen.length).toBe(2);
  });

  it("serves one visitor at a time to responses that must not be kept, and waits for nobody", async () => {
    const gate = deferred<void>();
    let calls = 0;
    const handler = async () => {
      const number = ++calls;
      if (number > 1) await gate.promise;
      return new Response(`for visitor ${number}`, cacheControl("private"));
    };
    const fetch = cachedResponse(handler, { store: memoryStore() }).with({});
    expect(await answer(fetch(get()))).toEqual(["fwd=miss", "for visitor 1"]);
    const waiting = Array.from({ length: 20 }, () => answer(fetch(get())));
    await sleep(5);
    expect(calls).toBe(21);
    gate.resolve();
    expect(new Set((await Promise.all(waiting)).map(([, body]) => body)).size).toBe(20);
  });

  it("never gives one visitor's private response to another that came at the same time", async () => {
    let calls = 0;
    const handler = async () => {
      const number = ++calls;
      await sleep(5);
      return new Response(`for visitor ${number}`, cacheControl("private"));
    };
    const fetch = cachedResponse(handler, { store: memoryStore() }).with({});
    const all = await Promise.all(Array.from({ length: 50 }, () => answer(fetch(get()))));
    expect(new Set(all.map(([, body]) => body)).size).toBe(50);
  });

  it("keeps the first response that may be kept after one that must not", async () => {
    let calls = 0;
    const handler = () => new Response(`${++calls}`, cacheControl(calls === 1 ? "private" : "max-age=60"));
    const fetch = cachedResponse(handler, { store: memoryStore() }).with({});
    expect(await answer(fetch(get()))).toEqual(["fwd=miss", "1"]);
    expect(await answer(fetch(get()))).toEqual(["fwd=bypass", "2"]);
    expect((await answer(fetch(get())))[1]).toBe("2");
  });

  it("does not keep a failure after a response that must not be kept", async () => {
    let calls = 0;
    const handler = () =>
      new Response(`${++calls}`, {
        status: calls === 2 ? 503 : 200,
        ...cacheControl(calls === 1 ? "private" : "max-age=60"),
      });
    const fetch = cachedResponse(handler, { store: memoryStore() }).with({});
    await answer(fetch(get()));
    expect((await fetch(get())).status).toBe(503);
    expect((await fetch(get())).status).toBe(200);
  });

  it("runs the handler once for a stampede of 1,000, also from 50 objects over one store", async () => {
    const store = memoryStore();
    let calls = 0;
    const handler = async () => {
      await sleep(10);
      return new Response(`${++calls}`, cacheControl("max-age=60", { vary: "a" }));
    };
    const fetches = Array.from({ length: 50 }, () => cachedResponse(handler, { store }).with({}));
    const all = await Promise.all(Array.from({ length: 1000 }, (_, i) => answer(fetches[i % 50]!(get()))));
    expect([calls, new Set(all.map(([, body]) => body))]).toEqual([1, new Set(["1"])]);
  });

  it("keeps one response for each combination of headers that Vary names, and learns new ones", async () => {
    for (const store of [memoryStore(), withoutSwap()]) {
      let vary = "Accept-Language";
      const handler = ({ headers }: Request) =>
        new Response(`${headers.get("accept-language")} ${headers.get("x-beta")}`, { headers: { vary } });
      let calls = 0;
      const counted = (request: Request) => {
        calls++;
        return handler(request);
      };
      const fetch = cachedResponse(counted, { store, ttl: 60 }).with({});
      const of = (language: string, beta?: string) =>
        answer(fetch(get({ "accept-language": language, ...(beta && { "x-beta": beta }) })));
      expect((await of("de"))[1]).toBe("de null");
      expect((await of("fr"))[1]).toBe("fr null");
      expect([(await of("de"))[1], (await of("fr"))[1], calls]).toEqual(["de null", "fr null", 2]);
      vary = "accept-language, X-Beta";
      expect([(await of("es", "1"))[1], (await of("es", "2"))[1], calls]).toEqual(["es 1", "es 2", 4]);
      expect([(await of("es", "1"))[1], (await of("es", "2"))[1], calls]).toEqual(["es 1", "es 2", 4]);
      await fetch.invalidate(get());
      expect([(await of("de"))[1], calls]).toEqual(["de null", 5]);
    }
  });

  it("leaves the other variants alone when one is made anew, and knows their ages", async () => {
    let calls = 0;
    const handler = () => new Response(`${++calls}`, { headers: { vary: "x" } });
    const fetch = cachedResponse(handler, { store: memoryStore(), ttl: 60 }).with({});
    const of = async (x: string, cacheControl = "x") => (await fetch(get({ x, "cache-control": cacheControl }))).text();
    expect([await of("1"), await of("2")]).toEqual(["1", "2"]);
    expect([await of("1", "no-cache"), await of("1"), await of("2")]).toEqual(["3", "3", "2"]);
    await at(10_000, async () => {
      expect([await of("2", "max-age=20"), await of("2", "max-age=5"), await of("2")]).toEqual(["2", "4", "4"]);
    });
  });

  it("does not put the headers that a response varies by into names in the store", async () => {
    const { store, fetch } = page({ headers: { vary: "cookie" } });
    await answer(fetch(get({ cookie: "session=secret" })));
    for await (const key of store.keys()) expect(key).not.toContain("secret");
  });

  it("makes a new response for a request that asks for one, and keeps it", async () => {
    for (const [headers, options] of [
      [{ "cache-control": "no-cache" }, {}],
      [{ pragma: "no-cache" }, {}],
      [{ "cache-control": "max-age=0" }, {}],
      [{ "cache-control": "no-cache" }, { headers: { vary: "a" } }],
    ] as [Record<string, string>, ResponseInit][]) {
      const { seen, fetch } = page(options);
      await answer(fetch(get()));
      await at(1_000, async () => {
        expect((await answer(fetch(get(headers))))[1]).toBe("body 2");
        expect((await answer(fetch(get())))[1]).toBe("body 2");
      });
      expect(seen.length).toBe(2);
    }
  });

  it("gives a request with max-age what is young enough", async () => {
    const { fetch } = page();
    await answer(fetch(get()));
    await at(10_000, async () => {
      expect((await answer(fetch(get({ "cache-control": "max-age=20" }))))[1]).toBe("body 1");
      expect((await answer(fetch(get({ "cache-control": "max-age=5" }))))[1]).toBe("body 2");
    });
  });

  it("leaves alone requests with no-store, Authorization or another method", async () => {
    for (const request of [
      () => get({ "cache-control": "no-store" }),
      () => get({ authorization: "Bearer x" }),
      () => new Request(url, { method: "POST", body: "x" }),
    ]) {
      const { seen, store, fetch } = page();
      await answer(fetch(get()));
      const [status, body] = await answer(fetch(request()));
      expect([/^fwd=(bypass|method)$/.test(status ?? ""), body]).toEqual([true, "body 2"]);
      const forgets = status === "fwd=method";
      expect((await answer(fetch(get())))[1]).toBe(forgets ? "body 3" : "body 1");
      expect([seen.length, (await store.listKeys()).names]).toEqual([forgets ? 3 : 2, [`GET ${url}`]]);
    }
  });

  it("keeps HEAD apart from GET, with its headers, and other methods on request", async () => {
    let calls = 0;
    const handler = ({ method }: Request) =>
      new Response(method === "HEAD" ? null : `${++calls}`, { headers: { "content-length": "1" } });
    const store = memoryStore();
    const options = { store, ttl: 60, methods: ["GET", "HEAD", "QUERY"] };
    const fetch = cachedResponse(handler, options).with({});
    await answer(fetch(get({}, "HEAD")));
    const head = await fetch(get({}, "HEAD"));
    expect([head.headers.get("content-length"), head.body]).toEqual(["1", null]);
    expect([await (await fetch(get())).text(), await (await fetch(get({}, "QUERY"))).text()]).toEqual(["1", "2"]);
    expect([await (await fetch(get())).text(), await (await fetch(get({}, "QUERY"))).text()]).toEqual(["1", "2"]);
  });

  it("answers 304 to a request that has the response already, and asks the handler for the whole one", async () => {
    const modified = "Wed, 21 Oct 2015 07:28:00 GMT";
    const { seen, fetch } = page({ headers: { etag: '"v1"', "last-modified": modified } });
    for (const [headers, status] of [
      [{ "if-none-match": '"v1"' }, 304],
      [{ "if-none-match": 'W/"v1", "v2"' }, 304],
      [{ "if-none-match": "*" }, 304],
      [{ "if-none-match": '"v2"' }, 200],
      [{ "if-modified-since": modified }, 304],
      [{ "if-modified-since": "Wed, 21 Oct 2015 07:27:00 GMT" }, 200],
      [{ "if-none-match": '"v2"', "if-modified-since": modified }, 200],
    ] as [Record<string, string>, number][]) {
      const response = await fetch(get(headers));
      expect([headers, response.status, await response.text()]).toEqual([
        headers,
        status,
        status === 304 ? "" : "body 1",
      ]);
      if (status === 304) expect(response.headers.get("etag")).toBe('"v1"');
    }
    expect([seen.length, seen[0]?.headers.get("if-none-match")]).toEqual([1, null]);
  });

  it("answers with a stale response while a new one is made, as the response or the options say", async () => {
    for (const [init, options] of [
      [cacheControl("max-age=10, stale-while-revalidate=60"), {}],
      [cacheControl("max-age=10"), { staleWhileRevalidate: 60 }],
      [cacheControl("max-age=0, stale-while-revalidate=70"), {}],
    ] as const) {
      const works: Promise<unknown>[] = [];
      const { seen, fetch } = page(init, { ...options, waitUntil: (work) => works.push(work) });
      await answer(fetch(get()));
      await Promise.all(works);
      await at(20_000, async () => {
        const [status, body] = await answer(fetch(get()));
        expect([/^hit; ttl=-\d+$/.test(status ?? ""), body]).toEqual([true, "body 1"]);
        await Promise.all(works);
        expect([(await answer(fetch(get())))[1], seen.length >= 2]).toEqual(["body 2", true]);
      });
    }
  });

  it("never serves stale what must be revalidated, and by the options not what s-maxage says", async () => {
    for (const value of ["max-age=10, must-revalidate, stale-while-revalidate=60", "s-maxage=10"]) {
      const { fetch } = page(cacheControl(value), { staleWhileRevalidate: 60, staleIfError: 60 });
      await answer(fetch(get()));
      await at(20_000, async () => expect((await answer(fetch(get())))[1]).toBe("body 2"));
    }
  });

  it("lets a stale response stand in for an exception and for a status of 500 or above", async () => {
    const throwing = (): Response => {
      throw new Error("down");
    };
    const failing = () => new Response("sorry", { status: 503 });
    for (const [init, options] of [
      [cacheControl("max-age=10, stale-if-error=60"), {}],
      [cacheControl("max-age=10"), { staleIfError: 60 }],
    ] as const) {
      for (const [broken, message, outcome] of [
        [throwing, "down", "down"],
        [failing, "the handler answered with status 503", 503],
      ] as const) {
        let well = true;
        const seen: unknown[] = [];
        const handler = () => (well ? new Response("well", init) : broken());
        const onError = (error: unknown) => seen.push((error as Error).message);
        const fetch = cachedResponse(handler, { store: memoryStore(), ...options, onError }).with({});
        await answer(fetch(get()));
        well = false;
        await at(20_000, async () => {
          expect((await answer(fetch(get())))[1]).toBe("well");
          expect(seen).toEqual([message]);
        });
        await at(80_000, async () => {
          const ended = fetch(get()).then(
            ({ status }) => status,
            ({ message }) => message,
          );
          expect(await ended).toBe(outcome);
        });
      }
    }
  });

  it("passes a failure on as it is, to each visitor their own", async () => {
    let calls = 0;
    const failing = async () => {
      await sleep(5);
      return new Response(`sorry ${++calls}`, { status: 503 });
    };
    const fetch = cachedResponse(failing, { store: memoryStore(), ttl: 60 }).with({});
    const all = await Promise.all([1, 2, 3].map(() => answer(fetch(get()))));
    expect(all.map(([, body]) => body).sort()).toEqual(["sorry 1", "sorry 2", "sorry 3"]);
    const error = new Error("down");
    const throwing = cachedResponse(
      () => {
        throw error;
      },
      { store: memoryStore(), ttl: 60 },
    );
    expect(await failure(throwing(get()))).toBe(error);
  });

  it("passes a body on that is too large to be kept, whole and as it comes", async () => {
    let calls = 0;
    const chunk = new TextEncoder().encode("0123456789");
    const handler = () => {
      calls++;
      let left = 5;
      const body = new ReadableStream({
        pull: (controller) => (left-- > 0 ? controller.enqueue(chunk) : controller.close()),
      });
      return new Response(body, cacheControl("max-age=60"));
    };
    for (const [maxBytes, times] of [
      [50, 1],
      [49, 2],
      [5, 2],
    ]) {
      calls = 0;
      const fetch = cachedResponse(handler, { store: memoryStore(), maxBytes }).with({});
      for (const _ of [1, 2]) expect(await (await fetch(get())).text()).toBe("0123456789".repeat(5));
      expect([maxBytes, calls]).toEqual([maxBytes, times]);
    }
  });

  it("does not read a response that never ends", async () => {
    const handler = () => {
      const body = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1000)) });
      return new Response(body, cacheControl("no-store"));
    };
    const response = await cachedResponse(handler, { store: memoryStore(), ttl: 60 })(get());
    const reader = response.body!.getReader();
    expect((await reader.read()).value?.byteLength).toBe(1000);
    await reader.cancel();
  });

  it("takes its key and its name from the options, and hands the other arguments on", async () => {
    const seen: unknown[] = [];
    const handler = (_: Request, env: { n: number }) => {
      seen.push(env);
      return new Response("x");
    };
    const fetch = cachedResponse(handler, {
      store: memoryStore(),
      ttl: 60,
      key: (request, env) => `${new URL(request.url).pathname}#${env.n}`,
      name: "ours",
    }).with({});
    await answer(fetch(new Request("https://a.example/x?1"), { n: 1 }));
    const hit = await fetch(new Request("https://b.example/x?2"), { n: 1 });
    expect(hit.headers.get("cache-status")?.startsWith("ours; hit")).toBe(true);
    await answer(fetch(new Request("https://a.example/x?1"), { n: 2 }));
    expect(seen).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it("adds to the Cache-Status that is there", async () => {
    const { fetch } = page({ headers: { "cache-status": "origin; fwd=miss" } });
    const first = await fetch(get());
    expect(first.headers.get("cache-status")).toBe("origin; fwd=miss, edge-key-value; fwd=miss");
  });

  it("takes nothing for a response that something else has put under the key", async () => {
    const { store, fetch } = page();
    const record = { status: 200, statusText: "", headers: [], body: "x", age: 0 };
    const now = Date.now();
    const __cached__ = { at: now, fresh: now + 9e4, stale: 0, onError: 0 };
    for (const value of [1, { response: 1 }, { response: { status: 200, headers: "x" } }, { vary: "x" }, null]) {
      await store.put(`GET ${url}`, { __cached__, value });
      expect((await answer(fetch(get())))[0]).toBe("fwd=miss");
    }
    const etag = (value: unknown) => ({ headers: [["etag", value]] });
    const headers = [1, null, "x", {}, ["a"], ["a", 1], [1, "a"], ["a b", "c"]].map((header) => ({
      headers: [header],
    }));
    for (const damage of [...headers, etag("\0"), etag("a\nb"), { age: "5" }, { age: 1e300 }, { age: -1 }]) {
      // Whether it is fresh, or stale and to be validated.
      for (const times of [{}, { fresh: 0, validate: now + 9e4 }]) {
        const value = { response: { ...record, ...damage } };
        await store.put(`GET ${url}`, { __cached__: { ...__cached__, ...times }, value } as never);
        expect((await answer(fetch(get())))[0]).toBe("fwd=miss");
      }
    }
    for (const damage of [{ status: 1000 }, { body: { base64: "%" } }]) {
      await store.put(`GET ${url}`, { __cached__, value: { response: { ...record, ...damage } } });
      expect((await answer(fetch(get())))[0]).toBe("fwd=bypass");
      expect((await answer(fetch(get())))[0]).toMatch(/^hit/);
    }
  });

  it("asks again with the whole request, body included, when a 304 is about another response", async () => {
    const seen: string[] = [];
    const fetch = cachedResponse(
      async (request: Request) => {
        seen.push(`${request.headers.get("if-none-match")} ${await request.text()}`);
        const etag = `"${seen.length}"`;
        const headers = { etag, "cache-control": "max-age=60" };
        return new Response(seen.length === 2 ? null : etag, { status: seen.length === 2 ? 304 : 200, headers });
      },
      { store: memoryStore(), methods: ["POST"] },
    );
    const post = async () => (await fetch(new Request(url, { method: "POST", body: "query" }))).text();
    expect(await post()).toBe('"1"');
    await at(61_000, async () => expect(await post()).toBe('"3"'));
    expect(seen).toEqual(["null query", '"1" query', "null query"]);
  });

  it("sends the first byte when it comes, and keeps the whole", async () => {
    for (const waitUntil of [undefined, (_: Promise<unknown>) => {}]) {
      const rest = deferred<void>();
      let calls = 0;
      const handler = () => {
        calls++;
        const body = new ReadableStream({
          async start(controller) {
            controller.enqueue(new TextEncoder().encode("first "));
            await rest.promise;
            controller.enqueue(new TextEncoder().encode("last"));
            controller.close();
          },
        });
        return new Response(body, cacheControl("max-age=60"));
      };
      const fetch = cachedResponse(handler, { store: memoryStore(), waitUntil }).with({});
      const reader = (await fetch(get())).body!.getReader();
      expect(new TextDecoder().decode((await reader.read()).value)).toBe("first ");
      rest.resolve();
      expect(new TextDecoder().decode((await reader.read()).value)).toBe("last");
      expect((await reader.read()).done).toBe(true);
      expect([(await answer(fetch(get())))[1], calls]).toEqual(["first last", 1]);
    }
  });

  it("keeps the whole body for others when its visitor leaves, and the handler does not hear of it", async () => {
    const rest = deferred<void>();
    const visitor = new AbortController();
    let aborted = false;
    let calls = 0;
    const handler = (request: Request) => {
      calls++;
      request.signal.addEventListener("abort", () => {
        aborted = true;
      });
      const body = new ReadableStream({
        async start(controller) {
          controller.enqueue(new TextEncoder().encode("first "));
          await rest.promise;
          controller.enqueue(new TextEncoder().encode("last"));
          controller.close();
        },
      });
      return new Response(body, cacheControl("max-age=60"));
    };
    const fetch = cachedResponse(handler, { store: memoryStore() });
    const reader = (await fetch(new Request(url, { signal: visitor.signal }))).body!.getReader();
    await reader.read();
    const other = answer(fetch.with({})(get()));
    visitor.abort();
    await reader.cancel();
    rest.resolve();
    expect([(await other)[1], calls, aborted]).toEqual(["first last", 1, false]);
  });

  it("ends the handler's work with its visitor where nothing is kept", async () => {
    const visitor = new AbortController();
    const signals: AbortSignal[] = [];
    const handler = ({ signal }: Request) => {
      signals.push(signal);
      return new Response("body", cacheControl("no-store"));
    };
    await cachedResponse(handler, { store: memoryStore() })(new Request(url, { signal: visitor.signal }));
    visitor.abort("gone");
    expect(signals[0]?.aborted).toBe(true);
  });

  it("passes endless events on at once, and lets those who wait go", async () => {
    let calls = 0;
    const handler = () => {
      calls++;
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode("data: 1\n\n")),
      });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    };
    const fetch = cachedResponse(handler, { store: memoryStore(), ttl: 60 });
    const all = await Promise.all([1, 2, 3].map(() => fetch.with({})(get())));
    expect(calls).toBe(3);
    await Promise.all(all.map(({ body }) => body?.cancel()));
  });

  it("does not keep a body that breaks off, or that is shorter than it says", async () => {
    for (const breaks of [true, false]) {
      let calls = 0;
      const handler = () => {
        calls++;
        const body = new ReadableStream({
          async pull(controller) {
            controller.enqueue(new TextEncoder().encode("first "));
            await sleep(1);
            if (breaks) controller.error(new Error("broken"));
            else controller.close();
          },
        });
        return new Response(body, cacheControl("max-age=60", breaks ? {} : { "content-length": "100" }));
      };
      const fetch = cachedResponse(handler, { store: memoryStore() }).with({});
      const first = await (await fetch(get())).text().catch((error) => error.message);
      expect(first).toBe(breaks ? "broken" : "first ");
      await (await fetch(get())).text().catch(() => {});
      expect([breaks, calls]).toEqual([breaks, 2]);
    }
  });

  it("counts the age of a response from its headers, however long its body takes", async () => {
    const { promise, resolve } = deferred<void>();
    const handler = () => {
      const body = new ReadableStream({
        async start(controller) {
          controller.enqueue(new TextEncoder().encode("slow"));
          await promise;
          controller.close();
        },
      });
      return new Response(body, cacheControl("max-age=60, stale-while-revalidate=60"));
    };
    const fetch = cachedResponse(handler, { store: memoryStore() }).with({});
    const first = await fetch(get());
    await at(25_000, async () => {
      resolve();
      await first.text();
      const { headers } = await fetch(get());
      expect([headers.get("age"), headers.get("cache-status")]).toEqual([
        expect.stringMatching(/^2[567]$/),
        expect.stringMatching(/hit; ttl=3[2-5]$/),
      ]);
    });
  });

  it("returns the old response for a failure whose body has failed, or does not stop", async () => {
    const bodies = [
      new ReadableStream({ start: (controller) => controller.error(new Error("broken")) }),
      new ReadableStream({ cancel: () => Promise.reject(new Error("broken")) }),
      new ReadableStream({ cancel: () => new Promise(() => {}) }),
    ];
    for (const body of bodies) {
      const answers = [
        new Response("old", cacheControl("max-age=10, stale-if-error=60")),
        new Response(body, { status: 503 }),
      ];
      const fetch = cachedResponse(() => answers.shift()!, { store: memoryStore() }).with({});
      await (await fetch(get())).text();
      expect(await at(20_000, async () => (await fetch(get())).text())).toBe("old");
    }
  });

  it("returns a part of the old response for a range where the handler throws, and reports that", async () => {
    let calls = 0;
    const handler = () => {
      if (++calls === 1) return new Response("old", cacheControl("max-age=10, stale-if-error=60"));
      throw new Error("down");
    };
    const errors: unknown[] = [];
    const onError = (error: unknown) => errors.push((error as Error).message);
    const fetch = cachedResponse(handler, { store: memoryStore(), onError }).with({});
    await (await fetch(get())).text();
    const part = await at(20_000, () => fetch(get({ range: "bytes=0-1" })));
    expect([part.status, await part.text(), errors]).toEqual([206, "ol", ["down"]]);
    expect(((await at(80_000, () => failure(fetch(get({ range: "bytes=0-1" }))))) as Error).message).toBe("down");
  });

  it("keeps the old response when the body of a new one breaks off", async () => {
    let calls = 0;
    const handler = () => {
      if (++calls === 1) return new Response("old", cacheControl("max-age=10, stale-while-revalidate=60"));
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(new Uint8Array(2)),
        pull: (controller) => controller.error(new Error("broken")),
      });
      return new Response(body, cacheControl("max-age=10"));
    };
    const errors: unknown[] = [];
    const options = { store: memoryStore(), onError: (error: unknown) => errors.push((error as Error).message) };
    const fetch = cachedResponse(handler, options).with({});
    await (await fetch(get())).text();
    await at(20_000, async () => {
      expect(await (await fetch(get())).text()).toBe("old");
      while (errors.length === 0) await sleep(1);
      expect(await (await fetch(get())).text()).toBe("old");
    });
    expect(errors[0]).toContain("broke off");
  });

  it("leaves nothing of a response that was invalidated, also where it varies by more than was known", async () => {
    for (const store of [memoryStore(), withoutSwap()]) {
      const { promise, resolve } = deferred<void>();
      let calls = 0;
      const handler = async () => {
        const call = ++calls;
        if (call === 2) await promise;
        return new Response(`body ${call}`, cacheControl("max-age=60", { vary: call === 1 ? "x-a" : "x-a, x-b" }));
      };
      const fetch = cachedResponse(handler, { store }).with({});
      await (await fetch(get({ "x-a": "1" }))).text();
      const slow = fetch(get({ "x-a": "2" }));
      while (calls < 2) await sleep(1);
      await fetch.invalidate(get());
      resolve();
      expect(await (await slow).text()).toBe("body 2");
      expect(await (await fetch(get({ "x-a": "2" }))).text()).toBe("body 3");
    }
  });

  it("passes on a response for which shouldCache throws, and tells of it", async () => {
    const errors: unknown[] = [];
    const shouldCache = () => {
      throw new Error("of shouldCache");
    };
    const { fetch, seen } = page({}, { shouldCache, onError: (error) => errors.push((error as Error).message) });
    expect([(await answer(fetch(get())))[1], (await answer(fetch(get())))[1]]).toEqual(["body 1", "body 2"]);
    expect([seen.length, ...errors]).toEqual([2, "of shouldCache", "of shouldCache"]);
  });

  it("refuses a handler that returns no response", async () => {
    for (const headers of [{}, { cookie: "a=1" }, { "cache-control": "no-store" }]) {
      const fetch = cachedResponse((() => undefined) as never, { store: memoryStore() }).with({});
      const message = "handler must be a function that returns a Response; got undefined";
      expect(await failure((fetch as (request: Request) => Promise<Response>)(get(headers)))).toMatchObject({
        name: "TypeError",
        message,
      });
    }
  });

  it("takes one call for a hit with Vary, four for a first miss, and three for a miss of another variant", async () => {
    const calls: string[] = [];
    const driver = toDriver(memoryStore()) as Driver<"swap">;
    const counted = <Name extends "read" | "write" | "swap">(name: Name) =>
      ((...args: never[]) => {
        calls.push(name);
        return (driver[name] as (...args: never[]) => unknown)(...args);
      }) as Driver<"swap">[Name];
    const spied = { read: counted("read"), write: counted("write"), swap: counted("swap") };
    const store = createStore({ ...driver, ...spied });
    const fetch = cachedResponse(() => new Response("x", cacheControl("max-age=60", { vary: "x-a" })), { store });
    const visit = async (value: string) => {
      await (await fetch(get({ "x-a": value }))).text();
      return calls.splice(0).length;
    };
    expect([await visit("1"), await visit("1"), await visit("2"), await visit("2")]).toEqual([4, 1, 3, 1]);
  });

  it("hashes long keys, and refuses keys that are no strings", async () => {
    const { store, fetch } = page({}, { key: () => "x".repeat(2000) });
    await answer(fetch(get()));
    const [status] = await answer(fetch(get()));
    const { names } = await store.listKeys();
    expect([/^hit/.test(status ?? ""), names.length, names[0]!.length < 100]).toEqual([true, 1, true]);
    for (const key of [null, undefined, 1]) {
      const wrong = page({}, { key: (() => key) as never });
      expect(await failure(wrong.fetch(get()))).toBeInstanceOf(TypeError);
    }
    const later = page({}, { key: async (request) => new URL(request.url).pathname });
    await answer(later.fetch(get()));
    expect((await answer(later.fetch(get())))[0]).toMatch(/^hit/);
  });

  it("counts a damaged index of headers as nothing", async () => {
    const { store, fetch } = page();
    const now = Date.now();
    const __cached__ = { at: now, fresh: now + 9e4, stale: 0, onError: 0 };
    for (const vary of [["a b"], [1], "x"]) {
      await store.put(`GET ${url}`, { __cached__, value: { vary, salt: "s" } });
      expect((await answer(fetch(get())))[0]).toBe("fwd=miss");
    }
  });

  it("refuses wrong options", () => {
    const handler = () => new Response();
    const store = memoryStore();
    const lists = [{ personal: ["two words"] }, { methods: [1] }, { cacheControl: [""] }, { personal: "Cookie" }];
    for (const options of [
      { name: "two words" },
      { maxBytes: 0.5 },
      { key: 1 },
      { ttl: 0 },
      { staleIfError: -1 },
      ...lists,
    ]) {
      expect(() => cachedResponse(handler, { store, ...options } as never)).toThrow();
    }
    expect(() => cachedResponse(1 as never, { store })).toThrow(TypeError);
  });
});
