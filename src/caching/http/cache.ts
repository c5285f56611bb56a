import type { Wanted } from "../judging.ts";
import type { Answer, Result } from "../results.ts";
import { discard } from "./bodies.ts";
import { fetching } from "./fetching.ts";
import { changedUrls } from "./keys.ts";
import { ownOf } from "./own.ts";
import { type Place, placesIn } from "./places.ts";
import { partial } from "./ranges.ts";
import { type ResponseRecord, toResponse } from "./records.ts";
import { mayHave, requestDirectives, type Visitor, visitorOf } from "./requests.ts";
import { ageHeader, ttlOf, withStatus } from "./statuses.ts";
import { isUnchanged, lasting, notModified } from "./validation.ts";
import type { Value } from "./values.ts";
import type { HttpCacheOptions, Visit } from "./visits.ts";

/** How often a request looks again when the headers that its response varies by have changed. */
const STEPS = 3;

/** Answers requests from a store, by the rules of RFC 9111 for caches that many visitors share. */
export function httpCache<Args extends readonly unknown[]>(options: HttpCacheOptions<Args>) {
  const { recaller, handler, keyOf, methods, name, personal, invalidates, bypass } = options;
  const { recall, forget, hooks } = recaller;
  const places = placesIn(recaller);
  const { fetchFor, keepingFor, keep, failedResponses } = fetching(options, places);
  const marked = (response: Response, status: string) => withStatus(response, name && `${name}; ${status}`);

  // The flow of a request, from top to bottom.

  async function answer(request: Request, args: Args, scope: object | undefined): Promise<Response> {
    const wants = requestDirectives(request);
    if (!methods.includes(request.method)) return change(request, args, scope);
    if (wants.noStore || (await bypass?.(request, ...args)))
      return marked(await handler(request, ...args), "fwd=bypass");
    const visitor = visitorOf(request, personal);
    const ofPage = request.method === "HEAD" && methods.includes("GET") && (await headOfPage(request, args, visitor));
    if (ofPage) return ofPage;
    const base = await keyOf(request, args);
    for (let step = 0; step < STEPS; step++) {
      const visit = { request, args, scope, wants, visitor, own: ownOf() };
      const place = await places.locate(base, request);
      const response = wants.onlyIfCached ? await fromStore(visit, place) : await fromStoreOrHandler(visit, place);
      if (response) return response;
    }
    const visit = { request, args, scope, wants, visitor, own: ownOf() };
    return direct(visit, { base, key: base, vary: [], slot: undefined });
  }

  /** The answer to a HEAD from the stored response to a GET, where that is fresh (RFC 9110, 9.3.2). */
  async function headOfPage(request: Request, args: Args, visitor: Visitor): Promise<Response | undefined> {
    const asGet = new Request(request, { method: "GET" });
    const { slot } = await places.locate(await keyOf(asGet, args), asGet);
    const { result } = slot ?? {};
    const page = result && result.fresh > Date.now() && (await stored(request, visitor, result));
    if (!page) return undefined;
    discard(page);
    const { status, statusText, headers } = page;
    return new Response(null, { status, statusText, headers });
  }

  /** The answer of a cache that must not ask the handler (RFC 9111, 5.2.1.7). */
  async function fromStore({ request, visitor }: Visit<Args>, { slot }: Place): Promise<Response> {
    const response = slot?.result && stored(request, visitor, slot.result);
    return response ?? marked(new Response(null, { status: 504 }), 'detail="only-if-cached"');
  }

  /** The answer from a stored response, where the visitor may have it and the request takes it. */
  function stored(request: Request, visitor: Visitor, result: Result): Promise<Response> | undefined {
    return answerFrom(request, visitor, result, (record) => requestDirectives(request).judge(result, record));
  }

  /** Returns the old response if it may replace a failure and the visitor may have it. */
  function standIn(request: Request, visitor: Visitor, old: Result | undefined): Promise<Response> | undefined {
    return old && answerFrom(request, visitor, old, () => Date.now() < old.onError);
  }

  function answerFrom(
    request: Request,
    visitor: Visitor,
    result: Result,
    isFit: (record: ResponseRecord) => unknown,
  ): Promise<Response> | undefined {
    const record = recordIn(result);
    const isUsable = record && mayHave(visitor, record.audience) && isFit(record);
    return isUsable ? replayed(request, record, result, `hit; ttl=${ttlOf(result)}`) : undefined;
  }

  /** The answer, or nothing where the request has to look again, since its response varies by more headers. */
  async function fromStoreOrHandler(given: Visit<Args>, place: Place): Promise<Response | undefined> {
    const { visitor, wants, own, scope } = given;
    const { slot } = place;
    const before = slot?.result;
    const record = recordIn(before);
    const accepts = (value: unknown): boolean => mayHave(visitor, (value as Value).response?.audience);
    // A response for one visitor, or a part of one, does not help others who wait.
    const isPersonal = visitor !== "anonymous" && !(record && mayHave(visitor, record.audience));
    const isPart = given.request.headers.has("range") && !(before && record && wants.judge(before, record));
    if (isPersonal || isPart) return direct(given, place, isPart ? before : undefined);
    // A response with tags may turn out to be stale.
    const isHit = before && !before.tags && before.fresh > Date.now();
    const visit = isHit ? given : { ...given, request: await lasting(given.request, before) };
    const { request } = visit;

    const first = await firstOf(visit, place, {
      scope,
      slot,
      ...(visitor !== "anonymous" && { accepts }),
      ...(wants.isParticular && { judge: (result: Result) => wants.judge(result, recordIn(result)) }),
      make: (old) => fetchFor(visit, place, recordIn(old)),
    });
    const forward = before === undefined ? "fwd=miss" : wants.isParticular ? "fwd=request" : "fwd=stale";
    // Another visitor's failure must not become this visitor's, so ask the handler again.
    if (first === "failed elsewhere") return direct(visit, place);
    if (first === "own") return finished(request, own.response as Response, own.stored, forward);
    const { response, vary } = first.value as Value;
    if (vary) return undefined;
    const statuses = { made: `${forward}; fwd-status=304`, shared: "fwd=miss; collapsed" };
    const status = statuses[first.state as keyof typeof statuses] ?? `hit; ttl=${ttlOf(first)}`;
    return (response && replayed(request, response, first, status)) ?? direct(visit, place);
  }

  /** What comes first: the handler's response to this very request, or what is recalled. */
  async function firstOf(
    { own }: Visit<Args>,
    { key }: Place,
    wanted: Wanted,
  ): Promise<"own" | "failed elsewhere" | Answer> {
    const recalled = recall(key, wanted);
    recalled.then(own.finish, own.finish);
    try {
      const first = await Promise.race([own.ready, recalled]);
      if (first === "own") {
        recalled.catch((error) => hooks.report(error, key));
        return first;
      }
      if (first.state === "made" && own.response) return "own";
      own.answered = true;
      discard(own.response);
      return first;
    } catch (error) {
      const failed = failedResponses.get(Object(error));
      if (!failed) throw error;
      return failed === own.response ? "own" : "failed elsewhere";
    }
  }

  /**
   * Asks the handler for this visitor alone, and stores the response if others may have it.
   *
   * @param old What may stand in for a failure of the handler (RFC 5861, 4).
   */
  async function direct(
    { request, args, scope, ...visit }: Visit<Args>,
    place: Place,
    old?: Result,
  ): Promise<Response> {
    const sent = Date.now();
    let response: Response;
    try {
      response = await handler(request, ...args);
    } catch (error) {
      const substitute = await standIn(request, visit.visitor, old);
      if (!substitute) throw error;
      hooks.report(error, place.key);
      return substitute;
    }
    const substitute = response.status >= 500 ? await standIn(request, visit.visitor, old) : undefined;
    if (substitute) {
      hooks.report(new Error(`the handler answered with status ${response.status}`), place.key);
      discard(response);
      return substitute;
    }
    const alone = { ...visit, request, args, scope, own: ownOf() };
    const keeping = await keepingFor(alone, response, { sent, received: Date.now() });
    if (!keeping) return marked(response, "fwd=bypass");
    await firstOf(alone, place, { scope, force: true, make: () => keep(alone, place, response, keeping, sent) });
    const { response: own = response, stored } = alone.own;
    return finished(request, own, stored && !request.headers.has("range"), "fwd=bypass");
  }

  /** Handles a request that may change what is stored under its URL (RFC 9111, 4.4). It goes on when the visitor leaves. */
  function change(request: Request, args: Args, scope: object | undefined): Promise<Response> {
    const changing = changed(request, args);
    if (invalidates) hooks.keepAlive(changing, scope, request.url);
    return changing;
  }

  async function changed(request: Request, args: Args): Promise<Response> {
    const response = await handler(request, ...args);
    for (const url of invalidates ? changedUrls(request, response) : []) {
      const { headers } = request;
      try {
        const asked = ["GET", "HEAD"].map((method) => keyOf(new Request(url, { method, headers }), args));
        await forget(await Promise.all(asked));
      } catch (error) {
        hooks.report(error, url);
      }
    }
    return marked(response, "fwd=method");
  }

  // Answers.

  /** The response of a record, with its age; nothing when the record is damaged. */
  function replayed(
    request: Request,
    record: ResponseRecord,
    { at }: Pick<Answer, "at">,
    status: string,
  ): Promise<Response> | undefined {
    const response = toResponse(record);
    response?.headers.set("age", ageHeader(record.age, at));
    return response && finished(request, response, true, status);
  }

  /** A response that says what the cache did; only a part, or no body, where that is all the request needs. */
  async function finished(request: Request, response: Response, isStored: boolean, status: string): Promise<Response> {
    if (!isStored) return marked(response, status);
    if (!isUnchanged(request.headers, response)) return marked(await partial(request, response), status);
    discard(response);
    return marked(notModified(response), status);
  }

  return {
    answer,
    /** Forgets what is stored for a request. */
    invalidate: async (request: Request, args: Args) => forget([await keyOf(request, args)]),
  };
}

function recordIn(result: Result | undefined): ResponseRecord | undefined {
  return (result?.value as Value | undefined)?.response;
}
