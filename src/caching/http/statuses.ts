/** The response with another member of `Cache-Status` (RFC 9211); one that cannot be made again, such as a WebSocket, as it is. */
export function withStatus(response: Response, member: string | undefined): Response {
  if (member === undefined || response.status < 200) return response;
  const marked = new Response(response.body, response);
  marked.headers.append("cache-status", member);
  return marked;
}

/** The seconds that a stored response has left, for `Cache-Status`; negative when it is stale. */
export function ttlOf({ fresh }: { readonly fresh: number }): number {
  return Math.floor((fresh - Date.now()) / 1000);
}

/** The `Age` of a stored response: whole seconds, never negative, whatever the clock did (RFC 9111, 5.1). */
export function ageHeader(initialAge: number, at: number): string {
  return `${Math.max(0, Math.floor(initialAge + (Date.now() - at) / 1000))}`;
}
