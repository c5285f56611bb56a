import { KeyValueError } from "../../core/errors.ts";
import { isLost } from "./failure.ts";
import type { Placement } from "./placement.ts";
import type { ShardClaim } from "./shard-record.ts";
import type { CallFailure, ObjectCalls } from "./wire.ts";

/** Calls the method `keyValue` of the object with this name, each time through a stub of its own. */
export type Transport = (
  object: string,
  shards: number,
  claim: ShardClaim,
  operation: string,
  args: readonly unknown[],
) => PromiseLike<unknown>;

/** Has an object do something. It rejects with what the platform threw, or with a `KeyValueError` from the object. */
export interface Caller {
  call<K extends keyof ObjectCalls>(
    object: string,
    operation: K,
    ...args: Parameters<ObjectCalls[K]>
  ): Promise<ReturnType<ObjectCalls[K]>>;
  /** Starts a new epoch in the first object: agreements on the number of shards that are still in transit no longer count. */
  renew(): Promise<void>;
}

/** Calls that change nothing, so that they can be sent again. */
const READS: ReadonlySet<string> = new Set(["readOne", "read", "listKeys", "listCollections", "outcome"]);

export function objectCaller({ shards, first }: Placement, transport: Transport): Caller {
  /** The epoch in which the first object has last agreed to the number of shards. */
  let epoch: number | undefined;

  async function agree(): Promise<void> {
    epoch = await send(first as string, "claim", []);
  }

  async function send<R>(object: string, operation: string, args: readonly unknown[]): Promise<R> {
    const decides = first === undefined || object === first;
    let reply = await transport(object, shards, decides || (epoch ?? false), operation, args);
    // The second time is for a store that is being destroyed meanwhile.
    for (let tries = 0; isFailure(reply) && reply.failure.code === "unclaimed" && tries < 2; tries++) {
      await agree();
      reply = await transport(object, shards, epoch as number, operation, args);
    }
    if (!isFailure(reply)) return reply as R;
    const { failure } = reply;
    if (failure.code === "unclaimed") throw new KeyValueError("unavailable", "the store is being destroyed");
    throw new KeyValueError(failure.code, failure.message, { cause: failure.cause });
  }

  return {
    async call(object, operation, ...args) {
      try {
        return await send(object, operation, args);
      } catch (error) {
        if (!READS.has(operation) || !isLost(error)) throw error;
        return send(object, operation, args);
      }
    },
    async renew() {
      if (first !== undefined && shards > 1) epoch = await send(first, "renew", []);
    },
  };
}

function isFailure(reply: unknown): reply is CallFailure {
  return typeof reply === "object" && reply !== null && "failure" in reply;
}
