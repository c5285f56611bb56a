import type { Refusal, ShardClaim, ShardRecord } from "./shard-record.ts";

/** How many milliseconds callers wait for the one that asks the first object. */
const PATIENCE = 1000;

/** Admits a call, or returns why it is refused. */
export type ClaimGate = (shards: number, claim: ShardClaim) => Promise<Refusal | undefined> | Refusal | undefined;

/**
 * Sends one caller at a time to ask the first object for the number of shards. The others wait until that one is back,
 * so a thousand first calls at once cost a thousand calls and two, not three thousand.
 */
export function claimGate({ admit }: ShardRecord): ClaimGate {
  let asking: Promise<void> | undefined;
  let answered = (): void => {};

  function ask(): void {
    asking = new Promise<void>((resolve) => {
      answered = resolve;
      // The caller that asks may never return.
      setTimeout(resolve, PATIENCE);
    }).then(() => {
      asking = undefined;
    });
  }

  return (shards, claim) => {
    const refusal = admit(shards, claim);
    if (refusal?.code !== "unclaimed") {
      answered();
      return refusal;
    }
    if (asking) return asking.then(() => admit(shards, claim));
    ask();
    return refusal;
  };
}
