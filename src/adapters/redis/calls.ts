import { type ErrorDetails, KeyValueError } from "../../core/errors.ts";

/** A Redis database and how to reach it. */
export interface RedisServer {
  /** The name of the driver. */
  readonly name: string;
  /** In bytes. */
  readonly limits: { readonly keyBytes: number; readonly requestBytes: number };
  /** How many bytes of a request a text takes. */
  sizeOf(text: string): number;
  /** Sends one command in one request. The client may have parsed the reply as JSON. */
  call(command: readonly [name: string, ...args: string[]]): PromiseLike<unknown>;
  /** Turns what a call threw, or the text of an error by Redis, into an error of this library. */
  errorOf(cause: unknown, details: ErrorDetails): KeyValueError;
}

/** One key of a bulk, with its arguments for the script. */
export interface KeyCall {
  readonly name: string;
  readonly args: readonly string[];
  readonly size: number;
}

/** Runs a script in one request. */
export type RunScript = (
  script: string,
  names: readonly string[],
  args: readonly string[],
  details: ErrorDetails,
  readOnly?: boolean,
) => Promise<readonly string[]>;

const encoder = /* @__PURE__ */ new TextEncoder();

/** The length of a text in UTF-8 bytes. */
export const utf8Bytes = (text: string): number => encoder.encode(text).length;

/** Bytes of each request that are reserved for the script and the command. */
const OVERHEAD = 4096;

/** Calls scripts on a server and splits bulks to fit its limits. */
export function redisCalls(server: RedisServer): {
  run: RunScript;
  keyCall(name: string, args: readonly string[], details: ErrorDetails): KeyCall;
  runBulk(
    script: string,
    calls: readonly KeyCall[],
    details: ErrorDetails,
    args?: readonly string[],
    readOnly?: boolean,
  ): Promise<(string | KeyValueError)[]>;
} {
  const { limits, sizeOf } = server;

  const run: RunScript = async (script, names, args, details, readOnly = false) => {
    let reply: unknown;
    try {
      reply = await server.call([readOnly ? "EVAL_RO" : "EVAL", script, `${names.length}`, ...names, ...args]);
    } catch (cause) {
      throw server.errorOf(cause, details);
    }
    if (Array.isArray(reply) && reply.length > 0 && reply.every((item) => typeof item === "string")) return reply;
    // When its signal aborts a request, the client returns a reply of its own instead of throwing.
    throw new KeyValueError("backend", "the client's reply is not from Redis; was the request aborted?", details);
  };

  /** @throws KeyValueError `too_large`. */
  function keyCall(name: string, args: readonly string[], details: ErrorDetails): KeyCall {
    const size = [name, ...args].reduce((sum, text) => sum + sizeOf(text) + 1, 0);
    for (const [what, bytes, limit] of [
      ["key", utf8Bytes(name), limits.keyBytes],
      ["request", size + OVERHEAD, limits.requestBytes],
    ] as const) {
      if (bytes <= limit) continue;
      const message = `the ${what} is ${bytes} bytes; the limit is ${limit}`;
      throw new KeyValueError("too_large", message, { ...details, size: bytes, limit });
    }
    return { name, args, size };
  }

  return {
    run,
    keyCall,
    /** Sends as few requests as their size limit allows. When one fails, the others are still sent. */
    async runBulk(script, calls, details, args = [], readOnly = false) {
      const outcomes: (string | KeyValueError)[] = [];
      for (let start = 0, end = 0; start < calls.length; start = end) {
        let size = OVERHEAD;
        while (end < calls.length && (size += (calls[end] as KeyCall).size) <= limits.requestBytes) end++;
        const chunk = calls.slice(start, end);
        const names = chunk.map((one) => one.name);
        const replies = await run(
          script,
          names,
          [...chunk.flatMap((one) => one.args), ...args],
          details,
          readOnly,
        ).catch((error: KeyValueError) => error);
        for (const i of chunk.keys()) {
          const missing = () => new KeyValueError("backend", "the reply has fewer items than there were keys", details);
          outcomes.push(replies instanceof KeyValueError ? replies : (replies[i] ?? missing()));
        }
      }
      return outcomes;
    },
  };
}

/** Returns the replies, or throws an error that names the keys that failed. */
export function repliesOrError(
  outcomes: readonly (string | KeyValueError)[],
  keys: readonly string[],
  details: ErrorDetails,
): readonly string[] {
  const failed = keys.filter((_, i) => outcomes[i] instanceof KeyValueError);
  const cause = outcomes.find((outcome) => outcome instanceof KeyValueError);
  if (!cause) return outcomes as string[];
  if (keys.length === 1) throw cause;
  const message = `${failed.length} of ${keys.length} keys failed: ${cause.message}`;
  throw new KeyValueError(cause.code, message, { ...details, failed, cause });
}
