/** Sources whose public functions have no `@example` yet. Only ever remove from this list. */
export const WITHOUT_EXAMPLES: readonly string[] = ["src/cached-response.ts", "src/cached.ts"];

/** Sources with code in a doc comment that is not complete enough for the compiler yet. Only ever remove from this list. */
export const UNCHECKED_EXAMPLES: readonly string[] = ["src/cached-response.ts", "src/cached.ts"];
