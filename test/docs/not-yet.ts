/** Sources whose public functions have no `@example` yet. Only ever remove from this list. */
export const WITHOUT_EXAMPLES: readonly string[] = [
  "src/cached-response.ts",
  "src/cached.ts",
  "src/combinators/index.ts",
  "src/combinators/intercept.ts",
  "src/combinators/remap.ts",
  "src/wrappers/cache-through.ts",
  "src/wrappers/clamp-ttl.ts",
  "src/wrappers/default-value.ts",
  "src/wrappers/fallback.ts",
  "src/wrappers/instrument.ts",
  "src/wrappers/limit-size.ts",
  "src/wrappers/log.ts",
  "src/wrappers/migrating.ts",
  "src/wrappers/prefix-collections.ts",
  "src/wrappers/prefix-keys.ts",
  "src/wrappers/read-only.ts",
  "src/wrappers/retry.ts",
  "src/wrappers/route.ts",
  "src/wrappers/seed.ts",
  "src/wrappers/single-collection.ts",
  "src/wrappers/statistics.ts",
  "src/wrappers/timeout.ts",
];

/** Sources with code in a doc comment that is not complete enough for the compiler yet. Only ever remove from this list. */
export const UNCHECKED_EXAMPLES: readonly string[] = ["src/cached-response.ts", "src/cached.ts"];
