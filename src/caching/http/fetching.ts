import { onWorkers } from "../../core/runtime.ts";
import { secondsSince } from "../hooks.ts";
import type { Life, Made, Result } from "../results.ts";
import { checkedTags } from "../tags.ts";
import { withCopy } from "./bodies.ts";
import { agedBy, type Keeping, keepingOf, type Moments } from "./freshness.ts";
import type { Place, Places } from "./places.ts";
import { freshened, type ResponseRecord, toRecord } from "./records.ts";
import { mayHave } from "./requests.ts";
import { askingFor, hasValidator, isAbout } from "./validation.ts";
import { isVaryIndex, variantKey, varyOf } from "./variants.ts";
import type { HttpCacheOptions, Visit } from "./visits.ts";

/** The least number of seconds to remember which headers the responses vary by. */
const VARY_TTL = 86_400;

/** For how long requests do not wait for each other after a response that must not be stored. */
const PASS: Life = { fresh: 60, stale: 0, onError: 0 };

/** How a response may be kept, and its tags. */
interface Tagged extends Keeping {
  readonly tags: readonly string[];
}

/** Asks the handler, and makes records of its responses. */
export function fetching<Args extends readonly unknown[]>(options: HttpCacheOptions<Args>, { remember }: Places) {
  const { recaller, handler, maxBytes, shouldCache } = options;
  const { find, recall, mark, write, hooks, longest } = recaller;
  /** The responses behind failures: those of 500 or above, and those that broke off. */
  const failedResponses = new WeakMap<object, Response>();

  /** Asks for the whole response, or whether the stored one is still right. */
  async function fetchFor(visit: Visit<Args>, place: Place, old: ResponseRecord | undefined): Promise<Made> {
    const { request, args, own } = visit;
    // A signal of its own: when this visitor leaves, others may wait for the response, and it can be stored.
    const control = new AbortController();
    const ask = async (known?: ResponseRecord) => {
      // The handler may have to be asked again, and a body can be read once.
      const asking = known && request.body ? (request.clone() as Request) : request;
      return handler(askingFor(asking, known, control.signal), ...args);
    };
    const validated = old && hasValidator(old) ? old : undefined;
    const sent = Date.now();
    let response = await ask(validated);
    if (response.status === 304 && validated) {
      const fresh = freshened(validated, response);
      const keeping = await keepingFor(visit, fresh.response, { sent, received: Date.now() });
      if (keeping && isAbout(response, validated)) {
        const { life, tags } = keeping;
        const made = { value: { response: fresh.record(keeping) }, life, tags };
        return isCovered(place, fresh.response) ? made : indexed(visit, place, made, fresh.response, sent);
      }
      // It is about another response, or says that the stored one must not be kept any longer.
      response = await ask();
    }
    if (response.status >= 500) {
      await own.give(response, { stored: false, waits: true });
      throw failureOf(response, `the handler answered with status ${response.status}`);
    }
    const keeping = await keepingFor(visit, response, { sent, received: Date.now() });
    if (keeping) return keep(visit, place, response, keeping, sent);
    // Nothing is kept, so the handler's work may end with the visitor's.
    if (request.signal.aborted) control.abort(request.signal.reason);
    request.signal.addEventListener("abort", () => control.abort(request.signal.reason));
    await own.give(response, { stored: false });
    return passing(visit);
  }

  /** How a response to this visitor may be kept; nothing when it must not be. */
  async function keepingFor(visit: Visit<Args>, response: Response, moments: Moments): Promise<Tagged | undefined> {
    const { request, args, visitor } = visit;
    const keeping = keepingOf(response, options, moments);
    if (!keeping || !mayHave(visitor, keeping.audience) || !canBeReplayed(response)) return undefined;
    try {
      if ((await shouldCache?.(response, request, ...args)) === false) return undefined;
    } catch (error) {
      hooks.report(error, request.url);
      return undefined;
    }
    const tags = tagsFor(visit, response);
    return tags && { ...keeping, tags };
  }

  /** Makes what is stored of a response. The visitor has it as it comes. */
  async function keep(
    visit: Visit<Args>,
    place: Place,
    source: Response,
    keeping: Tagged,
    called: number,
  ): Promise<Made> {
    const { own, scope } = visit;
    const received = Date.now();
    // Where nobody keeps the request alive, it lives until the visitor has the last byte.
    const beforeEnd = hooks.canKeepAlive(scope) ? undefined : own.done;
    const { response, copy } = withCopy(source, { maxBytes, longest, beforeEnd });
    await own.give(response, { stored: true, waits: source.body === null });
    const body = source.body && (await copy);
    if (body === undefined) return passing(visit);
    if (body === "broken off") throw failureOf(response, "the body of the handler's response broke off");
    const { tags } = keeping;
    const aged = agedBy(keeping, Math.floor(secondsSince(received)));
    const made = { value: { response: toRecord(source, body, aged) }, life: aged.life, tags };
    return isCovered(place, source) ? made : indexed(visit, place, made, source, called);
  }

  /** Adds an index for a response that depends on more headers than the place does. */
  async function indexed(
    { request, scope }: Visit<Args>,
    place: Place,
    made: Made & { readonly life: Life },
    { headers }: Response,
    called: number,
  ): Promise<Made> {
    const { life } = made;
    const vary = varyOf(headers) ?? [];

    const index = { vary: [...new Set([...place.vary, ...vary])].sort(), salt: crypto.randomUUID() as string };
    const fresh = Math.max(VARY_TTL, life.fresh + Math.max(life.stale, life.onError, life.validate ?? 0));
    const madeIndex = { value: index, life: { fresh, stale: 0, onError: 0 } };
    const store = async (key: string, one: Made) => write([[key, one]], await mark([[key, one]], called));
    // The variant's key is not known before the index is stored, so it needs no lease.
    await store(await variantKey(place.base, index, request), made);
    remember(place.base, index);
    if (place.key === place.base) return madeIndex;
    await replaceIndex(place, madeIndex, scope);
    return { value: index, life: undefined };
  }

  /** Replaces the index of a place. Where that is gone, it was invalidated while the response was made. */
  async function replaceIndex({ base, salt }: Place, made: Made, scope: object | undefined): Promise<void> {
    const isThere = (result: Result | undefined): boolean => isVaryIndex(result?.value) && result.value.salt === salt;
    const [slot] = (await find([base], true)) ?? [];
    if (!isThere(slot?.result)) return;
    const gone = new Error("the index was invalidated");
    const make = async (old: Result | undefined): Promise<Made> => {
      if (isThere(old)) return made;
      throw gone;
    };
    await recall(base, { scope, slot, force: true, make }).catch((error) => {
      if (error !== gone) throw error;
    });
  }

  /** A failure after which each visitor who waited asks the handler. */
  function failureOf(response: Response, message: string): Error {
    const failure = new Error(message);
    failedResponses.set(failure, response);
    return failure;
  }

  /** The tags that a response names itself, and those of the option; nothing when the option fails. */
  function tagsFor({ request, args }: Visit<Args>, response: Response): readonly string[] | undefined {
    const named = (response.headers.get("cache-tag") ?? "").split(",").map((tag) => tag.trim());
    try {
      return checkedTags([...named.filter((tag) => tag !== ""), ...(options.tags?.(response, request, ...args) ?? [])]);
    } catch (error) {
      hooks.report(error, request.url);
      return undefined;
    }
  }

  return { fetchFor, keepingFor, keep, failedResponses };
}

/** Whether a place has all headers that a response depends on. */
function isCovered({ vary }: Place, { headers }: Response): boolean {
  return (varyOf(headers) ?? []).every((name) => vary.includes(name));
}

/** Tells others not to wait for a response that is not kept; one visitor's cookie says nothing about the others. */
function passing({ visitor }: Pick<Visit<[]>, "visitor">): Made {
  return { value: { pass: true }, life: visitor === "anonymous" ? PASS : undefined };
}

/** Whether a copy of the response would be the same response again. */
function canBeReplayed({ headers }: Response): boolean {
  // It reaches the visitor event by event, and ends with the visitor.
  if (headers.get("content-type")?.trim().toLowerCase().startsWith("text/event-stream")) return false;
  // A Worker cannot see whether the body is encoded already or is to be encoded by the runtime; gzip shows it.
  const encoding = headers.get("content-encoding");
  return !onWorkers() || encoding === null || encoding === "gzip" || encoding === "identity";
}
