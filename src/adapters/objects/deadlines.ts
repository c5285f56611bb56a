/** A deadline in transit between two clocks. */
export interface SentDeadline {
  /** By the clock of the sender, in epoch milliseconds. */
  readonly expiresAt: number;
  /** The milliseconds that were left when it was sent. */
  readonly left: number;
}

/** Clocks that differ by less than this, in milliseconds, agree: nothing crosses the network much faster. */
const AGREEMENT = 500;

export function sendDeadline(expiresAt: number | undefined): SentDeadline | undefined {
  return expiresAt === undefined ? undefined : { expiresAt, left: expiresAt - Date.now() };
}

/**
 * The deadline by the receiver's clock, as far away as it was for the sender. If the clocks agree, it is the deadline itself:
 * otherwise the time left would grow by the time in transit. An entry that was live when sent is live on arrival.
 */
export function receiveDeadline(sent: SentDeadline | undefined): number | undefined {
  if (sent === undefined) return undefined;
  const now = Date.now();
  const agree = Math.abs(now - (sent.expiresAt - sent.left)) < AGREEMENT;
  return agree && sent.expiresAt > now ? sent.expiresAt : now + sent.left;
}

/** Whether the deadline of an entry has passed. */
export function isOver({ expiresAt }: { readonly expiresAt?: number | undefined }): boolean {
  return expiresAt !== undefined && expiresAt <= Date.now();
}
