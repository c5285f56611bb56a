const { Bun, Deno, navigator } = globalThis as { Bun?: unknown; Deno?: unknown; navigator?: { userAgent?: string } };

export const onWorkers = navigator?.userAgent === "Cloudflare-Workers";
export const onNode = !(Bun || Deno || onWorkers);
