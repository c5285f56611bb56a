import { denoKVStore } from "edge-key-value/adapters/deno-kv";
import { rateLimited } from "edge-key-value/rate-limited";
import { page } from "./page.ts";

const store = denoKVStore(await Deno.openKv(Deno.env.get("DATABASE")));
const secrets = { collection: "secrets" };
const DAY = 86_400;
const LONGEST = 10_000;

async function keep(request: Request): Promise<Response> {
  const form = await request.formData().catch(() => new FormData());
  const text = form.get("text");
  if (typeof text !== "string" || text.trim() === "" || text.length > LONGEST) {
    return page(400, { title: `Please enter 1 to ${LONGEST} characters` });
  }
  // 122 random bits: nobody guesses the address.
  const id = crypto.randomUUID();
  await store.put(id, text, { ...secrets, ttl: DAY });
  const link = new URL(`/secrets/${id}`, request.url).href;
  return page(201, { title: "Send this link", text: link });
}

/** Shows a button first: programs that preview links send GET requests, and would use the secret up. */
function ask(): Response {
  return page(200, { title: "Somebody sent you a secret", button: "Show it, once" });
}

async function show(id: string): Promise<Response> {
  const text = await store.take<string>(id, secrets);
  if (text === null) return page(404, { title: "This secret was shown before, or it is older than a day" });
  return page(200, { title: "Your secret", text });
}

async function answer(request: Request, _info: Deno.ServeHandlerInfo): Promise<Response> {
  const { pathname } = new URL(request.url);
  const [, id] = /^\/secrets\/([0-9a-f-]{36})$/.exec(pathname) ?? [];
  if (request.method === "GET") {
    if (pathname === "/") return page(200, { title: "Share a secret, once", input: true, button: "Make a link" });
    if (id) return ask();
  }
  if (request.method === "POST") {
    if (Number(request.headers.get("content-length") ?? Infinity) > 16 * LONGEST) {
      return page(413, { title: "This is too long" });
    }
    if (pathname === "/") return await keep(request);
    if (id) return await show(id);
  }
  return page(404, { title: "There is no page at this address" });
}

const limited = rateLimited(answer, {
  store,
  limit: 30,
  window: 60,
  key: (_request, { remoteAddr }) => ("hostname" in remoteAddr ? remoteAddr.hostname : "unknown"),
});

Deno.serve({
  handler: limited,
  onError(error) {
    console.error(error);
    return page(503, { title: "Please try again in a moment" });
  },
});
