import { discard } from "./bodies.ts";

/** The handler's response to one request. It belongs to that visitor, cookies and all. */
export interface Own {
  response?: Response;
  /** Whether it is stored, so that the visitor may have a 304 or a part instead. */
  stored: boolean;
  /** Whether the visitor has another answer already. */
  answered: boolean;
  /** Settles when the response can be sent. */
  readonly ready: Promise<"own">;
  /** Hands over the response; it can be sent at once unless `waits` is set. */
  give(response: Response, how: { readonly stored: boolean; readonly waits?: boolean }): Promise<void>;
  /** Settles when all work for the request is done. */
  readonly done: Promise<void>;
  finish(): void;
}

export function ownOf(): Own {
  let release: (value: "own") => void = () => {};
  let finish = (): void => {};
  const own: Own = {
    stored: false,
    answered: false,
    ready: new Promise((resolve) => {
      release = resolve;
    }),
    async give(response, { stored, waits = false }) {
      own.response = response;
      own.stored = stored;
      if (!waits) release("own");
      // The visitor has an old response, so nobody will read this one.
      if (own.answered) discard(response);
    },
    done: new Promise((resolve) => {
      finish = resolve;
    }),
    finish: () => finish(),
  };
  return own;
}
