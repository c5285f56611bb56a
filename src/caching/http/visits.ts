import type { Awaitable } from "../../core/driver.ts";
import type { Recaller } from "../recaller.ts";
import type { FreshnessOptions } from "./freshness.ts";
import type { Own } from "./own.ts";
import type { RequestDirectives, Visitor } from "./requests.ts";

/** The options of a cache of responses, with all defaults filled in. */
export interface HttpCacheOptions<Args extends readonly unknown[]> extends FreshnessOptions {
  readonly recaller: Recaller;
  readonly handler: (request: Request, ...args: Args) => Awaitable<Response>;
  readonly keyOf: (request: Request, args: Args) => Promise<string>;
  readonly methods: readonly string[];
  readonly maxBytes: number;
  /** The name in `Cache-Status`; without one the header is not sent. */
  readonly name: string | undefined;
  /** Request headers that make a request personal. */
  readonly personal: readonly string[];
  readonly invalidates: boolean;
  readonly bypass?: ((request: Request, ...args: Args) => Awaitable<boolean>) | undefined;
  readonly tags?: ((response: Response, request: Request, ...args: Args) => readonly string[]) | undefined;
  readonly shouldCache?: ((response: Response, request: Request, ...args: Args) => Awaitable<boolean>) | undefined;
}

/** One request on its way. */
export interface Visit<Args extends readonly unknown[]> {
  readonly request: Request;
  readonly args: Args;
  readonly scope: object | undefined;
  readonly visitor: Visitor;
  readonly wants: RequestDirectives;
  readonly own: Own;
}
