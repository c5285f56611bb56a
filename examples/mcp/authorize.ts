import { AuthorizationError, CimdFetchError, type ConsentDescription } from "@cloudflare/workers-oauth-provider";
import { durableObjectStore } from "edge-key-value/adapters/durable-object";
import { rateLimited } from "edge-key-value/rate-limited";
import type { Env, User } from "./worker.ts";

/** The page where a user signs in and allows an app to use the notes. */
export async function authorize(request: Request, env: Env): Promise<Response> {
  if (new URL(request.url).pathname !== "/authorize") return message(404, "There is no page at this address.");
  try {
    if (request.method === "GET") return await ask(request, env);
    if (request.method === "POST") return await fewAttempts(env)(request);
    return message(405, "Use GET or POST.");
  } catch (error) {
    // The client's address was checked, so it may know.
    if (error instanceof AuthorizationError && error.redirectTo) return Response.redirect(error.redirectTo, 302);
    if (error instanceof AuthorizationError) return message(400, error.description);
    if (error instanceof CimdFetchError) return message(400, "This app could not be verified.");
    throw error;
  }
}

async function ask(request: Request, { OAUTH_PROVIDER: oauth }: Env): Promise<Response> {
  const asked = await oauth.parseAuthRequest(request);
  const client = await oauth.describeConsent(asked);
  const { handle, headers } = await oauth.beginConsent(asked);
  headers.set("Content-Type", "text/html; charset=utf-8");
  headers.set("X-Content-Type-Options", "nosniff");
  return new Response(consentPage(client, handle), { headers });
}

/** Five attempts a minute for each address. */
function fewAttempts(env: Env): (request: Request) => Promise<Response> {
  return rateLimited((request: Request) => decide(request, env), {
    store: durableObjectStore(env.STORE),
    limit: 5,
    window: 60,
    key: (request) => request.headers.get("CF-Connecting-IP") ?? "unknown",
  });
}

async function decide(request: Request, { OAUTH_PROVIDER: oauth, PASSWORD }: Env): Promise<Response> {
  const form = await request.formData().catch(() => new FormData());
  const handle = String(form.get("handle"));
  if (form.get("decision") !== "approve") {
    const { headers } = await oauth.denyConsent(request, handle);
    return new Response(null, { status: 302, headers });
  }
  // Replace this by your own sign-in, or by a provider such as GitHub.
  const name = String(form.get("name")).trim();
  if (!/^[\w.@-]{1,40}$/.test(name)) return message(400, "Please go back and enter your name.");
  if (!(await same(String(form.get("password")), PASSWORD))) return message(401, "Please go back: wrong password.");

  const { request: approved, headers } = await oauth.approveConsent(request, handle);
  const props: User = { name };
  const { redirectTo } = await oauth.completeAuthorization({
    request: approved,
    userId: name,
    metadata: {},
    scope: approved.scope,
    props,
  });
  headers.set("Location", redirectTo);
  return new Response(null, { status: 302, headers });
}

/** Compares without telling by its duration how much is right. */
async function same(given: string, expected: string): Promise<boolean> {
  const digests = [given, expected].map((text) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  const [a, b] = (await Promise.all(digests)).map((digest) => new Uint8Array(digest));
  return a!.reduce((difference, byte, index) => difference | (byte ^ b![index]!), 0) === 0;
}

function consentPage(client: ConsentDescription, handle: string): string {
  const published = client.clientDomain
    ? `It is published by <strong>${escaped(client.clientDomain)}</strong>.`
    : "It registered itself, so nobody has checked its name.";
  const local = client.redirectIsLoopback
    ? " That is an app on this computer: go on only if you have just started it."
    : "";
  return `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Allow access</title>
<h1>Allow ${escaped(client.clientName)} to use your notes?</h1>
<p>${published} Access goes to <strong>${escaped(client.redirectHost)}</strong>.${local}</p>
<p>It asks for: ${escaped(client.scope.join(", "))}</p>
<form method="post"><input type="hidden" name="handle" value="${escaped(handle)}">
<p><label>Name <input name="name" autocomplete="username"></label></p>
<p><label>Password <input name="password" type="password" autocomplete="current-password"></label></p>
<button name="decision" value="approve">Allow</button> <button name="decision" value="deny">Deny</button></form></html>`;
}

function message(status: number, text: string): Response {
  return new Response(text, { status, headers: { "X-Content-Type-Options": "nosniff" } });
}

/** An app chooses its own name, so it may contain anything. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
