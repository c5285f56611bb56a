import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { browser, expectStatus, json, type Send } from "./client.ts";

const redirect_uri = "https://app.example.com/back";
const verifier = "v".repeat(43);
const origin = (response: Response) => new URL(response.url).origin;

/** An app registers, a user allows it, and it uses the tools until its token is revoked. */
export async function check(send: Send): Promise<void> {
  const refused = await send("/mcp", json("POST", {}));
  await expectStatus(401, refused);
  assert.match(refused.headers.get("www-authenticate") ?? "", /resource_metadata=/);
  const resource = `${origin(refused)}/mcp`;

  const registration = { redirect_uris: [redirect_uri], token_endpoint_auth_method: "none", client_name: "<b>App</b>" };
  const { client_id } = await expectStatus<{ client_id: string }>(201, send("/register", json("POST", registration)));
  const query = new URLSearchParams({
    ...{ response_type: "code", client_id, redirect_uri, resource, scope: "notes offline_access", state: "s" },
    ...{ code_challenge: createHash("sha256").update(verifier).digest("base64url"), code_challenge_method: "S256" },
  });
  const ann = browser(send);
  const page = await expectStatus<string>(200, ann(`/authorize?${query}`));
  assert.match(page, /Allow &#60;b&#62;App/);
  const [, handle = ""] = /name="handle" value="([^"]+)"/.exec(page) ?? [];
  const decide = (visitor: Send, password: string) => {
    const body = new URLSearchParams({ handle, name: "ann", password, decision: "approve" });
    return visitor(`/authorize?${query}`, { method: "POST", body, headers: { origin: new URL(resource).origin } });
  };
  await expectStatus(401, decide(ann, "wrong"));
  // Without the cookie of the page, the form may come from another site.
  await expectStatus(400, decide(browser(send), "correct horse battery staple"));
  const allowed = await decide(ann, "correct horse battery staple");
  await expectStatus(302, allowed);
  const code = new URL(allowed.headers.get("location")!).searchParams.get("code")!;

  const post = (path: string, form: Record<string, string>) =>
    send(path, { method: "POST", body: new URLSearchParams({ client_id, ...form }) });
  const redeem = () =>
    post("/token", { grant_type: "authorization_code", code, redirect_uri, code_verifier: verifier, resource });
  const { access_token } = await expectStatus<{ access_token: string }>(200, redeem());

  const call = (name: string, args: Record<string, string> = {}) =>
    send("/mcp", {
      ...json("POST", { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, arguments: args } }),
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        authorization: `Bearer ${access_token}`,
      },
    });
  const notes = ["milk", "tea", "sugar"];
  await Promise.all(notes.map((text) => expectStatus(200, call("add_note", { text }))));
  const listed = await expectStatus(200, call("list_notes"));
  for (const text of notes) assert.match(JSON.stringify(listed), new RegExp(`- ${text}`));
  assert.match(
    JSON.stringify(await expectStatus(200, call("add_note", { text: " " }))),
    /[Ii]nvalid|too_small|at least/,
  );

  await expectStatus(200, post("/token", { token: access_token }));
  await expectStatus(401, call("list_notes"));
  // A code that comes back has leaked.
  await expectStatus(400, redeem());
}
