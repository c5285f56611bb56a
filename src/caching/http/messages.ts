/** A request for the whole response, whatever its sender has already. */
export function unconditional(request: Request): Request {
  const names = ["if-none-match", "if-modified-since", "if-match", "if-unmodified-since"];
  if (!names.some((name) => request.headers.has(name))) return request;
  // Bun does not take headers that are empty in place of others.
  const plain = new Request(request);
  for (const name of names) plain.headers.delete(name);
  return plain;
}

/** The answer to who has a response already. */
export function unchanged({ headers }: Response): Response {
  const left = new Headers(headers);
  left.delete("content-length");
  return new Response(null, { status: 304, headers: left });
}

/** The response with another member of `Cache-Status`; one that cannot be made again, such as a WebSocket, as it is. */
export function withStatus(response: Response, status: string): Response {
  if (response.status < 200) return response;
  const marked = new Response(response.body, response);
  marked.headers.append("cache-status", status);
  return marked;
}
