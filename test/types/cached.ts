/** That cached functions keep their types, and what must not compile. Checked by the compiler, never run. */
import type { ExecutionContext } from "@cloudflare/workers-types";
import { invalidateTags, pathTags } from "../../src/cache-tags.ts";
import { type Cached, cached, type Peeked } from "../../src/cached.ts";
import { type CachedMany, cachedMany } from "../../src/cached-many.ts";
import { type CachedHandler, cachedResponse } from "../../src/cached-response.ts";
import type { AsyncKeyValue } from "../../src/index.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only for `true`. */
function proves<_Claim extends true>(): void {}

interface User {
  readonly id: number;
  readonly name?: string;
}

declare const store: AsyncKeyValue;
declare const ctx: ExecutionContext;
declare function fetchUser(id: number, options?: { deep: boolean }): Promise<User | undefined>;

export async function functions(): Promise<void> {
  const userOf = cached(store, fetchUser, { key: (id, options) => `${id.toFixed()}:${options?.deep}`, ttl: 60 });
  proves<Equal<typeof userOf, Cached<[id: number, options?: { deep: boolean }], User | undefined>>>();
  proves<Equal<Awaited<ReturnType<typeof userOf>>, User | undefined>>();
  await userOf(7);
  await userOf.with(ctx).refresh(7, { deep: true });
  const peeked = await userOf.peek(7);
  proves<Equal<typeof peeked, Peeked<User | undefined> | null>>();
  const nothing = await userOf.invalidate(7);
  proves<Equal<typeof nothing, void>>();

  // @ts-expect-error: an id is a number
  await userOf("7");
  // @ts-expect-error: an id is needed
  await userOf.invalidate();
  // @ts-expect-error: a request is an object
  userOf.with("request");
  // @ts-expect-error: there is no such option
  await userOf.refresh(7, { shallow: true });
}

export function options(): void {
  const sync = cached(store, (name: string) => name.length, { key: (name) => name, ttl: (length) => length.valueOf() });
  proves<Equal<typeof sync, Cached<[name: string], number>>>();
  cached(store, fetchUser, { key: String, ttl: (user, id) => (user?.name ? id : 1) });
  cached(store, fetchUser, { key: String, ttl: 1, lock: false, waitUntil: (work) => ctx.waitUntil(work) });
  cached(store, fetchUser, { key: String, ttl: 1, lock: { ttl: 5, wait: 1 }, onStoreError: "throw" });
  // @ts-expect-error: a key is needed
  cached(store, fetchUser, { ttl: 60 });
  // @ts-expect-error: a TTL is needed
  cached(store, fetchUser, { key: String });
  // @ts-expect-error: a key is a string
  cached(store, fetchUser, { key: (id) => id, ttl: 60 });
  // @ts-expect-error: there is no such option
  cached(store, fetchUser, { key: String, ttl: 60, staleWhileRevalidating: 1 });
  // @ts-expect-error: failures are ignored or thrown
  cached(store, fetchUser, { key: String, ttl: 60, onStoreError: "log" });
}

export function responses(): void {
  const page = cachedResponse(async (request: Request) => new Response(request.url), { store, ttl: 60 });
  proves<Equal<typeof page, CachedHandler<[]>>>();
  const worker = cachedResponse(
    (_: Request, env: { readonly name: string }, __: ExecutionContext) => new Response(env.name),
    { store, key: (request, env) => env.name + request.url },
  );
  proves<Equal<typeof worker, CachedHandler<[env: { readonly name: string }, __: ExecutionContext]>>>();
  const answer: Promise<Response> = worker.with(ctx)(new Request("https://example.com"), { name: "x" }, ctx);
  answer.then(String);
  // @ts-expect-error: the environment is missing
  worker(new Request("https://example.com"));
  // @ts-expect-error: a store is needed
  cachedResponse(() => new Response(), { ttl: 60 });
  // @ts-expect-error: a handler answers with a response
  cachedResponse(() => "text", { store });
}

export async function tags(): Promise<void> {
  cached(store, fetchUser, { key: String, ttl: 1, tags: ["users"] });
  cached(store, fetchUser, { key: String, ttl: 1, tags: (user, id) => [`user:${user?.id ?? id}`], tagStore: store });
  cachedResponse(() => new Response(), {
    store,
    tags: (response, request) => [response.url, ...pathTags(request.url)],
  });
  await invalidateTags(store, ["users"], { soft: true, cache: ctx.cache });
  // @ts-expect-error: tags are a list
  await invalidateTags(store, "users");
  // @ts-expect-error: tags are strings
  cached(store, fetchUser, { key: String, ttl: 1, tags: [7] });
}

export async function details(): Promise<void> {
  const now = cached(store, () => new Date(), {
    key: () => "now",
    ttl: 1,
    codec: { encode: (date) => date.getTime(), decode: (time: number) => new Date(time) },
    softTimeout: 1,
    hardTimeout: 2,
  });
  const { value, from, age } = await now.with(ctx, { signal: AbortSignal.timeout(1000) }).withInfo();
  proves<Equal<[typeof value, typeof age], [Date, number]>>();
  proves<Equal<typeof from, "hit" | "stale" | "miss" | "wait" | "fallback">>();
  // @ts-expect-error: the codec returns another type
  cached(store, () => new Date(), { key: () => "now", ttl: 1, codec: { encode: Number, decode: Number } });
}

export async function batches(): Promise<void> {
  const fetchUsers = async (ids: readonly number[]): Promise<(User | null)[]> => ids.map(() => null);
  const usersOf = cachedMany(store, fetchUsers, { key: (id) => id.toFixed(), ttl: (user) => (user?.name ? 1 : 2) });
  proves<Equal<typeof usersOf, CachedMany<number, User | null>>>();
  const users = await usersOf.with(ctx)([1, 2]);
  proves<Equal<typeof users, (User | null)[]>>();
  // @ts-expect-error: an id is a number
  await usersOf(["1"]);
}
