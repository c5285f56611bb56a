/** Gives the clients of a file clocks of their own: of three clients one is right, one a minute ahead, one a minute behind. */
export function ownClocks(): {
  /** Lets seconds pass for all. */
  pass(seconds: number): void;
  /** Does something under the clock of a client. */
  as<R>(client: number, work: () => Promise<R>): Promise<R>;
};
