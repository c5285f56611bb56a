import { bodyOf, type ResponseRecord } from "../caching/http/records.ts";
import { wholeRecord } from "../caching/http/whole.ts";
import { returnedResponse } from "../core/checks.ts";
import type { Awaitable } from "../core/driver.ts";
import { KeyValueError } from "../core/errors.ts";
import { pause, settledWithin } from "../core/times.ts";
import type { Attempt } from "./attempts.ts";

/** How an attempt runs. */
export interface Running {
  /** Milliseconds between two renewals of the claim. */
  readonly renewal: number;
  readonly maxBytes: number;
  isFinal(response: Response): Awaitable<boolean>;
  /** Is told of failures of the store. */
  report(error: unknown): void;
}

/** Pauses before the response is stored again after a failure, in milliseconds. */
const PAUSES = [50, 200, 800];

/** For how many milliseconds a client waits at most until its response is stored, or the key given back. */
const LONGEST_WAIT = 10_000;

/** Runs a handler and stores its response, or gives the key back when there is none to store. */
export async function run(
  attempt: Attempt,
  handler: () => Awaitable<Response>,
  { renewal, maxBytes, isFinal, report }: Running,
): Promise<Response> {
  const longest = Math.min(renewal * 3, LONGEST_WAIT);
  /** Waits for the store, unless it hangs: the client must get its response. */
  async function kept(work: Promise<unknown>): Promise<void> {
    if (await settledWithin(longest, work.catch(report))) return;
    report(new KeyValueError("timeout", `the store took longer than ${longest / 1000} seconds`));
  }

  const timer = setInterval(() => attempt.renew().catch(report), renewal);
  try {
    const response = returnedResponse(await handler());
    if (!(await isFinal(response))) {
      await kept(attempt.abandon());
      return response;
    }
    const record = isStorable(response) ? await wholeRecord(response, maxBytes) : response;
    if (record instanceof Response) {
      await kept(store(attempt, null, report));
      return record;
    }
    const cookies = response.headers.getSetCookie().map((cookie) => ["set-cookie", cookie] as const);
    await kept(store(attempt, { ...record, headers: [...record.headers, ...cookies] }, report));
    return new Response(bodyOf(record), response);
  } catch (error) {
    await kept(attempt.abandon());
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/** Stores a response; the request has been processed, so a failure of the store must not reach the client. */
async function store(attempt: Attempt, response: ResponseRecord | null, report: Running["report"]): Promise<void> {
  let left = response;
  for (const milliseconds of [...PAUSES, undefined]) {
    try {
      await attempt.finish(left);
      return;
    } catch (error) {
      const isTooLarge = error instanceof KeyValueError && error.code === "too_large";
      if (isTooLarge || milliseconds === undefined) report(error);
      if (isTooLarge) left = null;
      if (milliseconds !== undefined) await pause(milliseconds, undefined);
    }
  }
}

/** A response that switches protocols has no body to store, and a stream of events may never end. */
function isStorable({ status, headers }: Response): boolean {
  return status >= 200 && !headers.get("content-type")?.startsWith("text/event-stream");
}
