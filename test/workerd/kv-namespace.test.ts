import { env } from "cloudflare:workers";
import { describe, expect, it } from "#test";
import { durableObjectStore } from "../../src/adapters/durable-object.ts";
import { memoryStore } from "../../src/index.ts";
import { type KVNamespaceLike, toKVNamespace } from "../../src/interop/kv-namespace.ts";
import { seeds } from "../support/histories.ts";
import { type KVOutcome, outcomeOf, randomCalls } from "../support/kv-calls.ts";
import { objects } from "./objects.ts";

const { KV_1, KV_2, KV_3, KV_4 } = env as unknown as Record<"KV_1" | "KV_2" | "KV_3" | "KV_4", KVNamespace>;

/** `npm run histories` makes all 10,000. */
const CALLS = seeds(0) > 0 ? 10_000 : 1000;

interface Page {
  readonly keys: readonly { readonly name: string; readonly expiration?: number; readonly metadata?: unknown }[];
  readonly list_complete: boolean;
  readonly cursor?: string;
}

/** A page in a form that can be compared: cursors are opaque, and the clock may pass a second between two calls. */
function comparable({ answer, ...failure }: KVOutcome, other: KVOutcome): KVOutcome {
  const isPage = (value: unknown) => "list_complete" in Object(value);
  if (!isPage(answer) || !isPage(other.answer)) return { answer, ...failure };
  const { keys, list_complete, cursor } = answer as Page;
  const theirs = new Map((other.answer as Page).keys.map(({ name, expiration }) => [name, expiration]));
  const near = keys.map((key) => {
    const expiration = theirs.get(key.name);
    const same = key.expiration && expiration && Math.abs(key.expiration - expiration) <= 1;
    return { name: key.name, expiration: same ? expiration : key.expiration, metadata: key.metadata };
  });
  return { answer: { keys: near, list_complete, more: cursor !== undefined } };
}

/** As text without lone surrogates, which the test runner's pool cannot send home. */
const toText = (value: unknown): string =>
  JSON.stringify(value, (_, part) => (typeof part === "bigint" ? `${part}n` : part), 1);

/** Makes the same random calls to the simulator's namespace and to another one. */
async function compare(seed: number, calls: number, KV: KVNamespace, namespace: KVNamespaceLike): Promise<void> {
  const next = randomCalls(seed);
  for (let made = 0; made < calls; made++) {
    const call = next();
    let [theirs, ours]: [string | undefined, string | undefined] = [undefined, undefined];
    do {
      const expected = await outcomeOf(KV, call, theirs);
      const outcome = await outcomeOf(namespace, call, ours);
      const show = (one: KVOutcome) =>
        toText({ seed, made, method: call.method, args: call.args(), ...comparable(one, expected) });
      expect(show(outcome)).toBe(show(expected));
      [theirs, ours] = [(expected.answer as Page | undefined)?.cursor, (outcome.answer as Page | undefined)?.cursor];
    } while (theirs !== undefined);
  }
}

// The compiler holds it to the type of the binding.
toKVNamespace(memoryStore()) satisfies KVNamespace;

describe("a KV namespace over a store, beside the simulator's own", () => {
  it(`returns the same and fails with the same class and status in ${CALLS.toLocaleString("en")} random calls`, async () => {
    const overObjects = toKVNamespace(durableObjectStore(objects("kv namespace"), { shards: 2 }));
    await Promise.all([
      compare(1, CALLS * 0.3, KV_1, toKVNamespace(memoryStore())),
      compare(2, CALLS * 0.3, KV_2, toKVNamespace(memoryStore())),
      compare(3, CALLS * 0.3, KV_3, toKVNamespace(memoryStore())),
      compare(4, CALLS * 0.1, KV_4, overObjects),
    ]);
  }, 180_000);

  it("keeps metadata that is not ASCII, and counts its bytes", async () => {
    const namespace = toKVNamespace(memoryStore());
    // The random calls leave these out: the simulator writes a warning for each.
    for (const metadata of ["ÿĀ😀", { 名: "日".repeat(338) }, "日".repeat(341), "\ud800"]) {
      const put = { method: "put" as const, args: () => ["k", "v", { metadata }] };
      const expected = await outcomeOf(KV_1, put);
      expect(toText(await outcomeOf(namespace, put))).toBe(toText(expected));
      if ("answer" in expected) {
        for (const one of [KV_1 as unknown as KVNamespaceLike, namespace]) {
          expect((await one.getWithMetadata("k")).metadata).toEqual(metadata);
          expect((await one.list({ prefix: "k" })).keys.find(({ name }) => name === "k")?.metadata).toEqual(metadata);
        }
      }
    }
  });
});
