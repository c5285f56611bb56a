import type { Context } from "hono";
import type { AsyncKeyValue } from "../src/index.ts";
import { inspector } from "../src/inspector.ts";

/** Shows what is in a store to whoever knows the password. The name of the user does not matter. */
export function inspect(
  store: AsyncKeyValue,
  title: string,
  password: string,
): (c: Pick<Context, "req">) => Promise<Response> {
  const ask = { status: 401, headers: { "WWW-Authenticate": 'Basic realm="inspector", charset="UTF-8"' } };
  const page = inspector(store, {
    title,
    writable: true,
    authorize: async (request) =>
      (await isPassword(request.headers.get("Authorization"), password)) || new Response("A password, please", ask),
  });
  return (c) => page(c.req.raw);
}

/** Compares digests: how long that takes says nothing about the password. */
async function isPassword(header: string | null, password: string): Promise<boolean> {
  const [, encoded = ""] = /^Basic (\S+)$/i.exec(header ?? "") ?? [];
  const given = await digest(encoded.length % 4 === 0 && /^[\w+/]*=*$/.test(encoded) ? passwordIn(encoded) : "");
  const expected = await digest(password);
  return given.every((byte, i) => byte === expected[i]);
}

function passwordIn(encoded: string): string {
  const text = new TextDecoder().decode(Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0)));
  return text.slice(text.indexOf(":") + 1);
}

const digest = async (text: string): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
