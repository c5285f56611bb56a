import { onWorkers } from "../../core/runtime.ts";
import type { Life, Made } from "../results.ts";
import { checkedTags } from "../tags.ts";
import { withCopy } from "./bodies.ts";
import { type Keeping, keepingOf, type Moments } from "./freshness.ts";
import type { Place, Places } from "./places.ts";
import { freshened, type ResponseRecord, toRecord } from "./records.ts";
import { mayHave } from "./requests.ts";
import { askingFor, hasValidator, isAbout } from "./validation.ts";
import { variantKey, varyOf } from "./variants.ts";
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
  const { mark, write, hooks, longest } = recaller;
  /** The responses of 500 or above behind failures. */
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
        return { value: { response: fresh.record(keeping) }, life: keeping.life, tags: keeping.tags };
      }
      // It is about another response, or says that the stored one must not be kept any longer.
      response = await ask();
    }
    if (response.status >= 500) {
      await own.give(response, { stored: false, waits: true });
      const failure = new Error(`the handler answered with status ${response.status}`);
      failedResponses.set(failure, response);
      throw failure;
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
    if ((await shouldCache?.(response, request, ...args)) === false) return undefined;
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
    const { request, own, scope } = visit;
    // Where nobody keeps the request alive, it lives until the visitor has the last byte.
    const beforeEnd = hooks.canKeepAlive(scope) ? undefined : own.done;
    const { response, copy } = withCopy(source, { maxBytes, longest, beforeEnd });
    await own.give(response, { stored: true, waits: source.body === null });
    const body = source.body && (await copy);
    if (body === undefined) return passing(visit);

    const { life, tags } = keeping;
    const made = { value: { response: toRecord(source, body, keeping) }, life, tags };
    const vary = varyOf(source.headers) ?? [];
    if (vary.every((name) => place.vary.includes(name))) return made;

    const index = { vary: [...new Set([...place.vary, ...vary])].sort(), salt: crypto.randomUUID() as string };
    const fresh = Math.max(VARY_TTL, life.fresh + Math.max(life.stale, life.onError, life.validate ?? 0));
    const madeIndex = { value: index, life: { fresh, stale: 0, onError: 0 } };
    const store = async (key: string, one: Made) => write([[key, one]], await mark([[key, one]], called));
    // The variant's key is not known before the index is stored, so it needs no lease.
    await store(await variantKey(place.base, index, request), made);
    remember(place.base, index);
    if (place.key === place.base) return madeIndex;
    await store(place.base, madeIndex);
    return { value: index, life: undefined };
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
