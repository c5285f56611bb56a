/**
 * The arguments of calls that documents show in their tables.
 *
 * A call with another argument does not compile: add the argument here, with the type that its name suggests.
 */

import type { Kv } from "@deno/kv";
import type { Client } from "@libsql/client";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Redis } from "@upstash/redis";
import type { AwsClient } from "aws4fetch";
import type { Pool } from "pg";
import type { Around } from "../../src/combinators/index.ts";
import type { AnyDriver, Capability, Store } from "../../src/index.ts";
import type { ReactRouterStorage } from "../../src/interop/react-router.ts";
import type { RemixSession } from "../../src/interop/remix-session.ts";

export declare const store: Store<Capability>;
export declare const primary: Store<Capability>;
export declare const secondary: Store<Capability>;
export declare const cache: Store<Capability>;
export declare const from: Store<Capability>;
export declare const to: Store<Capability>;
export declare const driver: AnyDriver;

export declare const env: {
  readonly KV: KVNamespace;
  readonly DB: D1Database;
  readonly BUCKET: R2Bucket;
  readonly STORE: DurableObjectNamespace;
};
export declare const ctx: { readonly storage: DurableObjectStorage };
export declare const redis: Redis;
export declare const aws: AwsClient;
export declare const table: string;
export declare const region: string;
export declare const kv: Kv;
export declare const libsql: Client;
export declare const pool: Pool;

export declare const data: Record<string, Record<string, unknown>>;
export declare const value: string;
export declare const schema: StandardSchemaV1<{ name: string }>;
export declare const superjson: typeof import("superjson").default;
export declare const around: Around;
export declare const create: () => ReactRouterStorage;
export declare const createSession: () => RemixSession;
