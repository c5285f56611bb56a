/** What views infer from schemas and stores, and what compression and encryption keep. Checked by the compiler, never run. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { type } from "arktype";
import * as devalue from "devalue";
import superjson from "superjson";
import * as v from "valibot";
import { z } from "zod";
import type { AsyncKeyValue, CapabilitiesOf, Capability, Store } from "../../src/index.ts";
import { required } from "../../src/views/required.ts";
import { serialized } from "../../src/views/serialized.ts";
import { typed } from "../../src/views/typed.ts";
import { compress } from "../../src/wrappers/compress.ts";
import { encrypt, passphrase } from "../../src/wrappers/encrypt.ts";
import { fernet } from "../../src/wrappers/fernet.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only for `true`. */
function proves<_Claim extends true>(): void {}

export function codecs(all: Store<Capability>, some: Store<"swap">, plain: AsyncKeyValue, key: CryptoKey): void {
  const small = compress(all);
  proves<Equal<CapabilitiesOf<typeof small>, Capability>>();
  const keys = [
    { id: "a", key },
    { id: "b", key: new Uint8Array(32) },
    { id: "c", key: passphrase("text", "salt") },
  ];
  const secret = compress(encrypt(some, { keys }));
  proves<Equal<CapabilitiesOf<typeof secret>, "swap">>();
  const python = fernet(plain, { keys: ["key"] });
  proves<Equal<CapabilitiesOf<typeof python>, never>>();
  fernet(plain, { sourceMaterial: "a", salt: "b", onFailure: "miss" });
  // @ts-expect-error: somebody else's store has no atomic operations that this could honour
  python.take("k");
  // @ts-expect-error: no keys
  encrypt(all, {});
  // @ts-expect-error: a passphrase is not to be taken for a key
  encrypt(all, { keys: [{ id: "a", key: "passphrase" }] });
  // @ts-expect-error: no salt
  fernet(all, { sourceMaterial: "a" });
}

interface Input {
  at: string;
  tags?: string[] | undefined;
}
interface Output {
  at: Date;
  tags: string[];
}

export async function schemas(store: Store<Capability>, own: StandardSchemaV1<Input, Output>): Promise<void> {
  const fromZod = typed(
    store,
    z.object({ at: z.string().transform((text) => new Date(text)), tags: z.array(z.string()).default([]) }),
  );
  const fromValibot = typed(
    store,
    v.object({
      at: v.pipe(
        v.string(),
        v.transform((text) => new Date(text)),
      ),
      tags: v.optional(v.array(v.string()), []),
    }),
  );
  const fromArk = typed(store, type({ at: "string.date.parse", tags: "string[] = []" }));
  const fromSpec = typed(store, own);
  for (const view of [fromZod, fromValibot, fromArk, fromSpec]) {
    const visit = await view.get("k");
    proves<Equal<typeof visit, Output | null>>();
    await view.put("k", { at: "2026-01-01" });
    await view.putMany([["k", { at: "2026-01-01", tags: ["a"] }]], { ttl: 1 });
    // @ts-expect-error: what is put is the input of the schema
    await view.put("k", { at: new Date() });
    // @ts-expect-error: nothing is missing
    await view.put("k", {});
    const found = await view.ttlMany(["k"]);
    proves<Equal<NonNullable<(typeof found)[number]>["value"], Output>>();
    const next = await view.update("k", (old) => old && { at: old.at.toISOString() });
    proves<Equal<typeof next, Output | null>>();
    const sure = await view.get("k", { default: { at: "2026-01-01" } });
    proves<Equal<typeof sure, Output>>();
  }
}

export async function methods(
  all: Store<Capability>,
  plain: AsyncKeyValue,
  either: Store<"cull"> | Store<"swap" | "cull">,
) {
  const Name = z.string();
  const names = typed(all, Name, { collection: "names" });
  proves<Equal<Awaited<ReturnType<typeof names.take>>, string | null>>();
  const first: string | undefined = (await names.keys().next()).value;
  await names.destroyCollection();
  const few = typed(plain, Name);
  // @ts-expect-error: a store without swap has no atomic operations
  few.update("k", () => "a");
  // @ts-expect-error: nor listings
  few.keys();
  const common = typed(either, Name);
  await common.cull();
  // @ts-expect-error: only what both have
  common.take("k");
  const sure = typed(plain, Name, { default: "nobody" });
  proves<Equal<Awaited<ReturnType<typeof sure.get>>, string>>();
  proves<Equal<Awaited<ReturnType<typeof sure.getMany>>, string[]>>();
  // @ts-expect-error: the default has the type of the schema
  typed(plain, Name, { default: 5 });
  // @ts-expect-error: a view cannot hold any value, so it is not a store
  compress(names);
  // @ts-expect-error: a type of one's own would not be checked
  await names.get<number>("k");

  const strict = required(all);
  const user = await strict.get<{ name: string }>("k");
  proves<Equal<typeof user, { name: string }>>();
  const users = await strict.getMany<{ name: string }>(["k"]);
  proves<Equal<typeof users, { name: string }[]>>();
  proves<Equal<Awaited<ReturnType<typeof strict.take<string>>>, string | null>>();
  proves<Equal<CapabilitiesOf<typeof strict>, never>>();
  // @ts-expect-error: the store has none
  required(plain).take("k");
  const asStore: AsyncKeyValue = strict;
  const both = required(names);
  const name = await both.get("k");
  proves<Equal<typeof name, string>>();
  const withTtl = await both.ttlMany(["k"]);
  proves<Equal<(typeof withTtl)[number]["value"], string>>();
  await both.put("k", "a");
  // @ts-expect-error: the schema still holds
  await both.put("k", 5);
  return [first, asStore];
}

export async function serializers(all: Store<Capability>, plain: AsyncKeyValue): Promise<unknown> {
  const rich = serialized(all, superjson);
  const date = await rich.take<Date>("k");
  proves<Equal<typeof date, Date | null>>();
  // @ts-expect-error: the store cannot add to a serialized number
  rich.increment("k");
  const text = serialized(plain, { serialize: devalue.stringify, deserialize: devalue.parse }, { onCorrupt: "miss" });
  await text.put("k", 5n);
  // @ts-expect-error: the store has none
  text.take("k");
  // @ts-expect-error: half a serializer
  serialized(plain, { serialize: devalue.stringify });
  // @ts-expect-error: deserialize takes what serialize returns
  serialized(plain, { serialize: (value) => `${value}`, deserialize: (stored: number) => stored });
  return rich.keys();
}
