/** Whether this is Cloudflare Workers, where one request must not wait for a promise of another. */
export function onWorkers(): boolean {
  const { navigator } = globalThis as { navigator?: { userAgent?: string } };
  return navigator?.userAgent === "Cloudflare-Workers";
}
