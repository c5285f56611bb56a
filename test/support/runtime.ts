const { Bun, Deno, navigator } = globalThis as { Bun?: unknown; Deno?: unknown; navigator?: { userAgent?: string } };

export const onWorkers = navigator?.userAgent === "Cloudflare-Workers";
/**
 * Also for the conformance runs that Node alone needs: the same plain code with other options, or stacks of it. What differs
 * from runtime to runtime is what the library calls, and each store and each wrapper by itself is held to the suite on all.
 */
export const onNode = !(Bun || Deno || onWorkers);
