import assert from "node:assert/strict";

/** Sends a request to the example that is being checked. */
export type Send = (path: string, init?: RequestInit) => Promise<Response>;

/** Sends requests as one browser does: it keeps the cookies that it receives. */
export function browser(send: Send): Send {
  const cookies = new Map<string, string>();
  return async (path, init) => {
    const headers = new Headers(init?.headers);
    headers.set("cookie", [...cookies].map(([name, value]) => `${name}=${value}`).join("; "));
    const response = await send(path, { redirect: "manual", ...init, headers });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      cookies.set(name!, value!);
    }
    return response;
  };
}

/** A request with a JSON body. */
export function json(method: string, body: unknown, headers: Record<string, string> = {}): RequestInit {
  return { method, body: JSON.stringify(body), headers: { "content-type": "application/json", ...headers } };
}

/** Checks the status of a response, and returns its body: JSON if it can be read as such. */
export async function expectStatus<Body = unknown>(
  status: number,
  response: Promise<Response> | Response,
): Promise<Body> {
  const received = await response;
  const text = await received.text();
  assert.equal(received.status, status, `${received.url} returned ${received.status}: ${text.slice(0, 500)}`);
  try {
    return JSON.parse(text);
  } catch {
    return text as Body;
  }
}

/** Sends requests until one is refused with 429, and returns how many were served. */
export async function servedBeforeRefusal(send: () => Promise<Response>, most = 50): Promise<number> {
  for (let served = 0; served < most; served++) {
    const response = await send();
    await response.text();
    if (response.status !== 429) continue;
    assert.ok(Number(response.headers.get("retry-after")) > 0, "a refusal says when to come back");
    return served;
  }
  throw new Error(`none of ${most} requests was refused`);
}

export function assertSecure(response: Response): void {
  assert.equal(response.headers.get("x-content-type-options"), "nosniff");
}
