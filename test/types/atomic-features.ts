/** Locks, rate limits and idempotent handlers need a store with atomic operations. Checked by the compiler, never run. */
import { idempotent } from "../../src/idempotent.ts";
import { type AsyncKeyValue, memoryStore, type Store, supports } from "../../src/index.ts";
import { lock, tryLock } from "../../src/lock.ts";
import { rateLimit } from "../../src/rate-limit.ts";

declare const anyStore: AsyncKeyValue;
declare const listed: Store<"listKeys" | "cull">;

const handler = (_request: Request): Response => new Response();

lock(memoryStore(), "key", { ttl: 60 });
tryLock(memoryStore(), "key", { ttl: 60 });
rateLimit(memoryStore(), "key", { limit: 10, window: 60 });
idempotent(handler, { store: memoryStore() });

// @ts-expect-error: nothing is known of the store's backend
lock(anyStore, "key", { ttl: 60 });
// @ts-expect-error: the store has other capabilities
tryLock(listed, "key", { ttl: 60 });
// @ts-expect-error: the store has other capabilities
rateLimit(listed, "key", { limit: 10, window: 60 });
// @ts-expect-error: nothing is known of the store's backend
idempotent(handler, { store: anyStore });

if (supports(anyStore, "swap")) {
  lock(anyStore, "key", { ttl: 60 });
  rateLimit(anyStore, "key", { limit: 10, window: 60 });
  idempotent(handler, { store: anyStore });
}

// @ts-expect-error: a lock without a TTL would never be free again after a crash
lock(memoryStore(), "key", {});
// @ts-expect-error: a limit needs a window
rateLimit(memoryStore(), "key", { limit: 10 });
