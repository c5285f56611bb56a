import { type Bytes, copyChunk, isChunk, joined } from "../../core/bytes.ts";
import { unattended } from "../../core/shared-work.ts";
import { LONGEST_DELAY } from "../../core/times.ts";

/** A response for the visitor, and a copy of its body for the store. */
export interface Copied {
  readonly response: Response;
  /** The whole body; `undefined` when there is none, when it is too large, or when it has not ended in time. */
  readonly copy: Promise<Bytes | "broken off" | undefined>;
}

export interface CopyLimits {
  /** The most bytes to keep. */
  readonly maxBytes: number;
  /** Milliseconds after which a body that has not ended is not kept. */
  readonly longest: number;
  /** Delays the end of the visitor's body while the response is stored, if the request ends with that body. */
  readonly beforeEnd?: Promise<unknown> | undefined;
}

/**
 * Sends a body to the visitor as it comes and keeps a copy. It reads ahead up to `maxBytes`, so a slow visitor does not
 * hold up the copy, and goes on when the visitor leaves. A body that is not going to be kept is read at the visitor's pace.
 */
export function withCopy(source: Response, { maxBytes, longest, beforeEnd }: CopyLimits): Copied {
  const body = source.body as ReadableStream<Uint8Array> | null;
  if (!body) return { response: source, copy: Promise.resolve(undefined) };
  const declared = source.headers.get("content-length");
  const isEncoded = source.headers.has("content-encoding");
  const reader = body.getReader();
  const chunks: Bytes[] = [];
  let size = 0;
  let keeps = true;
  let visitorLeft = false;
  let settle: (copied: Bytes | "broken off" | undefined) => void = () => {};
  const copy = new Promise<Bytes | "broken off" | undefined>((resolve) => {
    settle = resolve;
  });

  const giveUp = (why?: "broken off"): void => {
    keeps = false;
    chunks.length = 0;
    settle(why);
    if (visitorLeft) reader.cancel().catch(() => {});
  };
  const timer = unattended(setTimeout(() => giveUp(), Math.min(longest, LONGEST_DELAY)));

  /** Reads one chunk for both; returns whether there may be more. */
  async function step(controller: ReadableStreamDefaultController<Uint8Array>): Promise<boolean> {
    const { done, value } = await reader.read();
    if (value) {
      size += value.byteLength;
      // Reading a body fails if one of its chunks is not bytes.
      if (keeps && (size > maxBytes || !isChunk(value))) giveUp();
      if (keeps) chunks.push(copyChunk(value));
      if (!visitorLeft) controller.enqueue(value);
    }
    if (!done) return true;
    clearTimeout(timer);
    // A body that is shorter than its `Content-Length` broke off.
    const isWhole = declared === null || isEncoded || Number(declared) === size;
    if (keeps) settle(isWhole ? joined(chunks) : "broken off");
    await beforeEnd;
    if (!visitorLeft) controller.close();
    return false;
  }

  const forVisitor = new ReadableStream<Uint8Array>({
    start(controller) {
      const readAhead = async (): Promise<void> => {
        while (keeps && (await step(controller)));
      };
      readAhead().catch((error) => breakOff(controller, error));
    },
    async pull(controller) {
      if (keeps) return;
      await step(controller).catch((error) => breakOff(controller, error));
    },
    cancel(reason) {
      visitorLeft = true;
      return keeps ? undefined : reader.cancel(reason);
    },
  });

  function breakOff(controller: ReadableStreamDefaultController<Uint8Array>, error: unknown): void {
    clearTimeout(timer);
    giveUp("broken off");
    if (!visitorLeft) controller.error(error);
  }

  return { response: new Response(forVisitor, source), copy };
}

/** Ends a body that nobody is going to read. It waits for nothing, since a source may fail to stop, or take long. */
export function discard(response: Response | undefined): void {
  response?.body?.cancel().catch(() => {});
}
