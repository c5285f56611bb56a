import assert from "node:assert/strict";
import { assertSecure, browser, expectStatus, type Send, servedBeforeRefusal } from "./client.ts";

/** Sessions that the next request sees, and a limit on attempts to sign in. */
export async function check(send: Send): Promise<void> {
  const ann = browser(send);
  const first = await ann("/");
  assertSecure(first);
  assert.match(await first.text(), /Sign in/);
  const { origin } = new URL(first.url);
  const post = (visitor: Send, action: string, text = "") =>
    visitor("/", { method: "POST", body: new URLSearchParams({ action, text }), headers: { origin } });

  await expectStatus(400, post(ann, "sign-in", ""));
  await expectStatus(400, post(ann, "add", "tea"));
  await expectStatus(303, post(ann, "sign-in", "Ann"));
  await expectStatus(303, post(ann, "add", "<b>tea</b>"));
  const page = await expectStatus<string>(200, ann("/"));
  assert.match(page, /Shopping list of Ann[\s\S]*&lt;b&gt;tea/);
  await expectStatus(
    403,
    ann("/", { method: "POST", body: new URLSearchParams(), headers: { origin: "https://evil.example" } }),
  );
  await expectStatus(303, post(ann, "sign-out"));
  assert.match(await expectStatus<string>(200, ann("/")), /Sign in/);
  assert.ok((await servedBeforeRefusal(() => post(browser(send), "sign-in", "Bob"))) <= 4);
}
