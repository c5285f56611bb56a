import { toUrlSafeBase64 } from "../core/base64.ts";

/**
 * Returns whether a browser sent a form from a page of this site. Another site can make a browser send a form with the
 * credentials of a user, but it cannot change these headers.
 */
export function isFromThisSite(request: Request): boolean {
  const site = request.headers.get("sec-fetch-site");
  if (site !== null) return site === "same-origin";
  // Browsers leave that header out on plain HTTP. A proxy may have changed the scheme, so the host decides.
  return request.headers.get("origin")?.replace(/^https?:\/\//, "") === new URL(request.url).host;
}

/** The name of the cookie. With the prefix `__Host-`, another host of the domain cannot set it. */
const nameFor = (request: Request): string =>
  new URL(request.url).protocol === "https:" ? "__Host-inspector-token" : "inspector-token";

/** Returns the token in the cookie of a request. A form has to send the same. */
export function tokenOf(request: Request): string | undefined {
  const cookies = (request.headers.get("cookie") ?? "").split(/; */);
  const start = `${nameFor(request)}=`;
  const token = cookies.find((cookie) => cookie.startsWith(start))?.slice(start.length);
  return token !== undefined && /^[\w-]{32}$/.test(token) ? token : undefined;
}

/** Makes a token of 192 random bits. */
export const newToken = (): string => toUrlSafeBase64(crypto.getRandomValues(new Uint8Array(24)));

/** Returns the cookie that keeps a token until the browser closes. */
export function cookieFor(request: Request, token: string): string {
  const name = nameFor(request);
  const scope = name.startsWith("__Host-") ? "Path=/; Secure; " : "";
  return `${name}=${token}; ${scope}HttpOnly; SameSite=Strict`;
}
