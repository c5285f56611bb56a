export interface Gateway {
  readonly url: string;
  readonly token: string;
  /** Variables by which tests find the gateway. */
  readonly env: Record<string, string>;
  readonly reason?: undefined;
  stop(): Promise<void>;
}

export interface NoGateway {
  readonly env: Record<string, string>;
  /** What is missing, and how to install it. */
  readonly reason: string;
}

export function startGateway(): Promise<Gateway | NoGateway>;
