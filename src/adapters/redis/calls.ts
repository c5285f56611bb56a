import { type ErrorDetails, KeyValueError } from "../../core/errors.ts";

/** A Redis database, however it is reached. */
export interface RedisServer {
  /** The name of the driver. */
  readonly name: string;
  /** In bytes. */
  readonly limits: { readonly keyBytes: number; readonly requestBytes: number };
  /** The bytes that a text takes up in a request. */
  sizeOf(text: string): number;
  /** Sends one command in one request; replies may have been parsed as JSON. */
  call(command: readonly [name: string, ...args: string[]]): PromiseLike<unknown>;
  /** What a failed call, or the text of an error by Redis, means. */
  failure(cause: unknown, details: ErrorDetails): KeyValueError;
}

/** What a script is told of one key. */
export interface Part {
  readonly name: string;
  readonly args: readonly string[];
  readonly size: number;
}

/** Runs a script in one request. */
export type Run = (
  script: string,
  names: readonly string[],
  args: readonly string[],
  details: ErrorDetails,
  readOnly?: boolean,
) => Promise<readonly string[]>;

const encoder = /* @__PURE__ */ new TextEncoder();

/** The length of a text in UTF-8. */
export const utf8Bytes = (text: string): number => encoder.encode(text).length;

/** Left free in each request for the script and its name. */
const OVERHEAD = 4096;

/** The calls that a driver makes to a server. */
export function redisCalls(server: RedisServer): {
  run: Run;
  part(name: string, args: readonly string[], details: ErrorDetails): Part;
  runParts(
    script: string,
    parts: readonly Part[],
    details: ErrorDetails,
    args?: readonly string[],
    readOnly?: boolean,
  ): Promise<(string | KeyValueError)[]>;
} {
  const { limits, sizeOf } = server;

  const run: Run = async (script, names, args, details, readOnly = false) => {
    let reply: unknown;
    try {
      reply = await server.call([readOnly ? "EVAL_RO" : "EVAL", script, `${names.length}`, ...names, ...args]);
    } catch (cause) {
      throw server.failure(cause, details);
    }
    if (Array.isArray(reply) && reply.length > 0 && reply.every((item) => typeof item === "string")) return reply;
    // The client answers a request that its signal has aborted as if that had been the reply.
    throw new KeyValueError("backend", "the client's reply is not from Redis; was the request aborted?", details);
  };

  /** @throws KeyValueError `too_large`. */
  function part(name: string, args: readonly string[], details: ErrorDetails): Part {
    const size = [name, ...args].reduce((sum, text) => sum + sizeOf(text) + 1, 0);
    for (const [what, bytes, limit] of [
      ["key", utf8Bytes(name), limits.keyBytes],
      ["request", size + OVERHEAD, limits.requestBytes],
    ] as const) {
      if (bytes <= limit) continue;
      const message = `the ${what} has ${bytes} bytes, Redis takes ${limit} here`;
      throw new KeyValueError("too_large", message, { ...details, size: bytes, limit });
    }
    return { name, args, size };
  }

  return {
    run,
    part,
    /** As few requests as their limit allows. What fails does not keep the others from being tried. */
    async runParts(script, parts, details, args = [], readOnly = false) {
      const outcomes: (string | KeyValueError)[] = [];
      for (let start = 0, end = 0; start < parts.length; start = end) {
        let size = OVERHEAD;
        while (end < parts.length && (size += (parts[end] as Part).size) <= limits.requestBytes) end++;
        const chunk = parts.slice(start, end);
        const names = chunk.map((one) => one.name);
        const replies = await run(
          script,
          names,
          [...chunk.flatMap((one) => one.args), ...args],
          details,
          readOnly,
        ).catch((error: KeyValueError) => error);
        for (const i of chunk.keys()) {
          const lost = () => new KeyValueError("backend", "Redis answered for fewer keys than were asked", details);
          outcomes.push(replies instanceof KeyValueError ? replies : (replies[i] ?? lost()));
        }
      }
      return outcomes;
    },
  };
}

/** The replies for all keys; throws when some have failed, and names them. */
export function settled(
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
