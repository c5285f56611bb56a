import { describe, expect, it } from "#test";
import { importProblems } from "../../scripts/import-rules.mjs";

/** What is wrong with a source file that consists of one statement; the other files are there to be imported. */
function problemsOf(file: string, statement: string): string[] {
  const others = [
    "lock.ts",
    "core/store.ts",
    "caching/http/rules.ts",
    "combinators/index.ts",
    "adapters/memory.ts",
    "adapters/redis.ts",
    "adapters/redis/calls.ts",
    "adapters/kv/calls.ts",
    "adapters/sql/text.ts",
    "wrappers/log.ts",
    "interop/remix.ts",
  ];
  const files = new Map(others.map((other) => [other, ""]));
  return importProblems(files.set(file, statement), ["@upstash/redis"]);
}

const allowed: readonly (readonly [file: string, statement: string])[] = [
  ["core/entry.ts", 'import { a } from "./store.ts";'],
  ["index.ts", 'export { memoryStore } from "./adapters/memory.ts";'],
  ["cached.ts", 'import { a } from "./caching/http/rules.ts";'],
  ["wrappers/retry.ts", 'import { wrap } from "../combinators/index.ts";'],
  ["adapters/upstash.ts", 'import { a } from "./redis/calls.ts";'],
  ["adapters/upstash.ts", 'import type { Redis } from "@upstash/redis";'],
  ["adapters/upstash.ts", 'import { type Redis } from "@upstash/redis";'],
  ["adapters/upstash.ts", 'const load = () => import("@upstash/redis");'],
  ["adapters/sql/sqlite-file.ts", 'const load = () => import("node:sqlite" as string);'],
  ["adapters/redis/scripts.ts", 'import { a } from "./calls.ts";'],
  ["adapters/objects/rows.ts", 'import { a } from "../sql/text.ts";'],
  [
    "adapters/object.ts",
    'import { DurableObject } from "cloudflare:workers";\nexport class A extends DurableObject {}',
  ],
  ["interop/better-auth.ts", 'import { lock } from "../lock.ts";'],
  ["core/entry.ts", "const a = { process: 1 }.process;"],
];

const refused: readonly (readonly [rule: string, file: string, statement: string])[] = [
  ["the core imports nothing above it", "core/entry.ts", 'import { a } from "../combinators/index.ts";'],
  ["a wrapper imports no adapter", "wrappers/retry.ts", 'import { a } from "../adapters/memory.ts";'],
  ["types are imports as well", "core/entry.ts", 'type A = import("../wrappers/log.ts").A;'],
  ["exports from another file are imports as well", "core/entry.ts", 'export * from "../wrappers/log.ts";'],
  ["nothing in a folder imports a public file of src", "wrappers/retry.ts", 'import { lock } from "../lock.ts";'],
  ["public files of src do not import each other", "cached.ts", 'import { lock } from "./lock.ts";'],
  ["adapters do not import each other", "adapters/null.ts", 'import { a } from "./memory.ts";'],
  ["wrappers do not import each other", "wrappers/retry.ts", 'import { log } from "./log.ts";'],
  ["bridges do not import each other", "interop/unstorage.ts", 'import { a } from "./remix.ts";'],
  ["a family does not import public files", "adapters/redis/scripts.ts", 'import { a } from "../redis.ts";'],
  ["a family is private to its folder", "interop/unstorage.ts", 'import { a } from "../adapters/redis/calls.ts";'],
  ["a family is private to its files", "adapters/redis/scripts.ts", 'import { a } from "../kv/calls.ts";'],
  ["a folder needs a place in the map", "drawer/a.ts", ""],
  ["an import has an extension", "core/entry.ts", 'import { a } from "./store";'],
  ["Node's modules are not for the Web", "core/entry.ts", 'import { join } from "node:path";'],
  ["a runtime's module is for one file", "adapters/sqlite.ts", 'const load = () => import("node:sqlite");'],
  ["and not for it when it loads", "adapters/sql/sqlite-file.ts", 'import { DatabaseSync } from "node:sqlite";'],
  ["nor are other modules", "adapters/sql/sqlite-file.ts", 'const load = () => import("node:fs" as string);'],
  ["Node's globals are not for the Web", "core/entry.ts", "const a = Buffer.from(globalThis.b);"],
  ["nor when reached through globalThis", "core/entry.ts", "const a = globalThis.process;"],
  ["only an adapter has a dependency", "wrappers/retry.ts", 'import type { Redis } from "@upstash/redis";'],
  ["a dependency is an optional peer", "adapters/upstash.ts", 'import type { Redis } from "ioredis";'],
  ["an optional peer is not loaded with the module", "adapters/upstash.ts", 'import { Redis } from "@upstash/redis";'],
  ["a dynamic import has a literal", "adapters/upstash.ts", "const load = (name) => import(name);"],
  ["only a Durable Object class needs workerd", "adapters/kv.ts", 'import { env } from "cloudflare:workers";'],
];

describe("the check of the imports", () => {
  for (const [file, statement] of allowed) {
    it(`allows ${statement.split("\n")[0]} in ${file}`, () => {
      expect(problemsOf(file, statement)).toEqual([]);
    });
  }

  for (const [rule, file, statement] of refused) {
    it(`holds that ${rule}`, () => {
      expect(problemsOf(file, statement)).toHaveLength(1);
    });
  }
});
