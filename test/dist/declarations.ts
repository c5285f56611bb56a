// A library that exports what each public function returns, without a type of its own: its declarations must be able to name
// all of it. `run.mjs` compiles this file with several versions of TypeScript.
import * as core from "edge-key-value";
import { type AnyDriver, createStore, type Entry, memoryStore, toDriver } from "edge-key-value";
import { cacheAPIStore } from "edge-key-value/adapters/cache-api";
import { d1Store } from "edge-key-value/adapters/d1";
import { denoKVStore } from "edge-key-value/adapters/deno-kv";
import { durableObjectStore } from "edge-key-value/adapters/durable-object";
import { durableObjectStorageStore } from "edge-key-value/adapters/durable-object-storage";
import { dynamoDBStore } from "edge-key-value/adapters/dynamodb";
import { indexedDBStore } from "edge-key-value/adapters/indexed-db";
import { keyvStore } from "edge-key-value/adapters/keyv";
import { libsqlStore } from "edge-key-value/adapters/libsql";
import { nullStore } from "edge-key-value/adapters/null";
import { postgresStore } from "edge-key-value/adapters/postgres";
import { r2Store } from "edge-key-value/adapters/r2";
import { redisStore } from "edge-key-value/adapters/redis";
import { sqliteStore } from "edge-key-value/adapters/sqlite";
import { unstorageStore } from "edge-key-value/adapters/unstorage";
import { upstashStore } from "edge-key-value/adapters/upstash";
import { webStorageStore } from "edge-key-value/adapters/web-storage";
import { workersKVStore } from "edge-key-value/adapters/workers-kv";
import { workersKVRestStore } from "edge-key-value/adapters/workers-kv-rest";
import { invalidateTags, pathTags } from "edge-key-value/cache-tags";
import { cached } from "edge-key-value/cached";
import { cachedMany } from "edge-key-value/cached-many";
import { cachedResponse } from "edge-key-value/cached-response";
import { intercept, remap, transform, wrap } from "edge-key-value/combinators";
import { conformance } from "edge-key-value/conformance";
import { idempotent } from "edge-key-value/idempotent";
import { inspector } from "edge-key-value/inspector";
import { toApolloCache } from "edge-key-value/interop/apollo";
import { toAsyncMap } from "edge-key-value/interop/async-map";
import { toAsyncStorage } from "edge-key-value/interop/async-storage";
import { betterAuthRateLimit, betterAuthStorage } from "edge-key-value/interop/better-auth";
import { toCachified } from "edge-key-value/interop/cachified";
import { expressRateLimitStore } from "edge-key-value/interop/express-rate-limit";
import { expressSessionStore } from "edge-key-value/interop/express-session";
import { fastifySessionStore } from "edge-key-value/interop/fastify-session";
import { fastMcpTokenStorage } from "edge-key-value/interop/fastmcp";
import { honoIdempotencyStore } from "edge-key-value/interop/hono-idempotency";
import { honoRateLimit } from "edge-key-value/interop/hono-rate-limit";
import { honoRateLimiterStore } from "edge-key-value/interop/hono-rate-limiter";
import { endSession, honoSessionStorage, rotateSession } from "edge-key-value/interop/hono-session";
import { toKeyv, toKeyv5 } from "edge-key-value/interop/keyv";
import { toKVNamespace } from "edge-key-value/interop/kv-namespace";
import { toLangChainStore } from "edge-key-value/interop/langchain";
import { nodeIdempotencyStorage } from "edge-key-value/interop/node-idempotency";
import { toOcacheStorage } from "edge-key-value/interop/ocache";
import { openAuthStorage } from "edge-key-value/interop/openauth";
import { traced } from "edge-key-value/interop/opentelemetry";
import { reactRouterSessions } from "edge-key-value/interop/react-router";
import { remixSessionStorage } from "edge-key-value/interop/remix-session";
import { toUnstorageDriver } from "edge-key-value/interop/unstorage";
import { lock, tryLock, withLock } from "edge-key-value/lock";
import { CopyError, copy } from "edge-key-value/migrate";
import { rateLimit, rateLimitHeaders } from "edge-key-value/rate-limit";
import { rateLimited } from "edge-key-value/rate-limited";
import { required } from "edge-key-value/views/required";
import { serialized } from "edge-key-value/views/serialized";
import { typed } from "edge-key-value/views/typed";
import { cacheThrough } from "edge-key-value/wrappers/cache-through";
import { clampTtl } from "edge-key-value/wrappers/clamp-ttl";
import { compress } from "edge-key-value/wrappers/compress";
import { defaultValue } from "edge-key-value/wrappers/default-value";
import { encrypt, passphrase } from "edge-key-value/wrappers/encrypt";
import { fallback } from "edge-key-value/wrappers/fallback";
import { fernet, fernetKey } from "edge-key-value/wrappers/fernet";
import { instrument } from "edge-key-value/wrappers/instrument";
import { limitSize } from "edge-key-value/wrappers/limit-size";
import { log } from "edge-key-value/wrappers/log";
import { migrating } from "edge-key-value/wrappers/migrating";
import { prefixCollections } from "edge-key-value/wrappers/prefix-collections";
import { prefixKeys } from "edge-key-value/wrappers/prefix-keys";
import { readOnly } from "edge-key-value/wrappers/read-only";
import { retry } from "edge-key-value/wrappers/retry";
import { route } from "edge-key-value/wrappers/route";
import { seed } from "edge-key-value/wrappers/seed";
import { singleCollection } from "edge-key-value/wrappers/single-collection";
import { statistics } from "edge-key-value/wrappers/statistics";
import { timeout } from "edge-key-value/wrappers/timeout";

declare const any: never;
const store = memoryStore();

// The core.
export const memory = memoryStore();
export const driver = toDriver(store);
export const again = createStore(toDriver(store));
export const supports = core.supports(store, "swap");
export const addresses = [core.joinAddress("a", "b"), core.splitAddress("a::b"), core.addressPrefix("a", "b")];
export const combine = core.combineChanges;
export const error = new core.KeyValueError("backend", "message");
export function ownStore() {
  return createStore({
    name: "own",
    consistency: "strong",
    read: (_collection: string, keys: readonly string[]) => keys.map((): Entry | undefined => undefined),
    write() {},
    remove: () => 0,
    listKeys: () => ({ names: [] }),
  });
}
export const ownClosable = () => createStore({ ...toDriver(store), close() {} });
export const ofAnyDriver = (known: AnyDriver) => createStore(known);

// Adapters.
export const cacheAPI = () => cacheAPIStore(any);
export const r2 = () => r2Store(any);
export const kvByRest = () => workersKVRestStore(any);
export const d1 = () => d1Store(any);
export const objects = () => durableObjectStore(any);
export const objectsByTenant = () => durableObjectStore(any, { placement: "collection" });
export const storage = () => durableObjectStorageStore(any);
export const denoKV = () => denoKVStore(any);
export const dynamoDB = () => dynamoDBStore(any, any);
export const indexedDb = () => indexedDBStore("app");
export const keyv = () => keyvStore(any);
export const libsql = () => libsqlStore(any);
export const nothing = nullStore();
export const postgres = () => postgresStore(any);
export const redis = () => redisStore(any);
export const redisByUrl = () => redisStore("redis://localhost");
export const sqlite = () => sqliteStore("file.db");
export const unstorage = () => unstorageStore(any);
export const upstash = () => upstashStore(any);
export const webStorage = () => webStorageStore(any);
export const kv = () => workersKVStore(any);
export const ownedKv = () => workersKVStore(any, { keyPrefix: "app" });

// Features.
export const remembered = cached(store, (id: string) => ({ id }), any);
export const rememberedMany = cachedMany(store, async (ids: readonly string[]) => ids.map((id) => ({ id })), any);
export const response = cachedResponse(any, any);
export const invalidated = () => invalidateTags(store, ["users"]);
export const tagsOfPath = () => pathTags("https://example.com/");
export const once = idempotent(any, any);
export const inspected = inspector(store, { authorize: () => true });
export const locked = () => lock(store, "k", any);
export const tried = () => tryLock(store, "k", any);
export const withLocked = () => withLock(store, "k", any, () => 1);
export const copied = () => copy(store, memory);
export const copyError = CopyError;
export const limited = () => rateLimit(store, "k", any);
export const headers = () => rateLimitHeaders(any);
export const limitedHandler = rateLimited(any, any);
export const suite = () => conformance(any, "own", () => store);

// Combinators, views and wrappers.
export const wrapped = wrap(store, (inner) => intercept(inner, (_call, next) => next()));
export const transformed = wrap(store, (inner) => transform(inner, any));
export const remapped = wrap(store, (inner) => remap(inner, any));
export const needed = required(store);
export const rich = serialized(store, any);
export const users = typed(store, any);
export const through = cacheThrough(store, memory, any);
export const clamped = clampTtl(store, any);
export const compressed = compress(store);
export const withDefault = defaultValue(store, any);
export const encrypted = encrypt(compress(store), any);
export const secondChoice = fallback(store, memory);
export const encryptedForPython = fernet(store, any);
export const keysOfWords = [() => passphrase("words", "salt"), () => fernetKey("words", "salt")];
export const instrumented = instrument(store, any);
export const small = limitSize(store, any);
export const logged = log(store);
export const moving = migrating(store, memory);
export const collections = prefixCollections(store, "app");
export const keys = prefixKeys(store, "app");
export const reader = readOnly(store);
export const repeated = retry(store);
export const routed = route(any, any);
export const seeded = seed(store, any);
export const single = singleCollection(store, any);
export const counted = statistics(store);
export const stack = statistics(retry(timeout(prefixKeys(encrypt(store, any), "app"), { seconds: 1 })));
export const stackOverKv = () => statistics(retry(workersKVStore(any, { keyPrefix: "app" })));
export const timed = timeout(store, { seconds: 1 });

// Bridges.
export const apollo = toApolloCache(store);
export const asyncMap = toAsyncMap(store);
export const asyncStorage = toAsyncStorage(store);
export const authLimit = betterAuthRateLimit(store);
export const auth = betterAuthStorage(store);
export const cachified = toCachified(store);
export const expressLimit = expressRateLimitStore(store);
export const expressSessions = expressSessionStore(any, any);
export const fastifySessions = fastifySessionStore(store);
export const mcpTokens = fastMcpTokenStorage(store);
export const honoIdempotency = honoIdempotencyStore(store);
export const honoLimit = honoRateLimit(any);
export const honoLimiter = honoRateLimiterStore(store);
export const honoSessions = honoSessionStorage(store);
export const honoSessionEnds = [endSession, rotateSession];
export const keyv6 = toKeyv(store);
export const keyv5 = toKeyv5(store);
export const namespace = toKVNamespace(store);
export const langChain = toLangChainStore(any, store);
export const nodeIdempotency = nodeIdempotencyStorage(store);
export const ocache = toOcacheStorage(store);
export const openAuth = openAuthStorage(store);
export const traces = traced(store, any);
export const reactRouter = reactRouterSessions(store, any);
export const remixSessions = remixSessionStorage(store, any);
export const unstorageDriver = toUnstorageDriver(store);
