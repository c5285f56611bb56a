import assert from "node:assert/strict";
import { assertSecure, expectStatus, type Send, servedBeforeRefusal } from "./client.ts";

/** A secret that one of many readers sees, and a limit on requests. */
export async function check(send: Send): Promise<void> {
  assertSecure(await send("/"));
  const form = (text: string): RequestInit => ({ method: "POST", body: new URLSearchParams({ text }) });
  const made = await expectStatus<string>(201, send("/", form("a <b>secret</b>")));
  const [path] = /\/secrets\/[0-9a-f-]{36}/.exec(made)!;

  assert.doesNotMatch(await expectStatus<string>(200, send(path)), /&#60;b&#62;/);
  const readers = await Promise.all([1, 2, 3, 4].map(() => send(path, { method: "POST" })));
  const pages = await Promise.all(readers.map(async (reader) => [reader.status, await reader.text()] as const));
  assert.deepEqual(pages.map(([status]) => status).sort(), [200, 404, 404, 404]);
  assert.match(pages.find(([status]) => status === 200)![1], /a &#60;b&#62;secret/);

  await expectStatus(400, send("/", form(" ")));
  await expectStatus(400, send("/", { method: "POST", body: "not a form" }));
  await expectStatus(413, send("/", form("x".repeat(200_000))));
  await expectStatus(404, send("/secrets/nothing"));
  assert.ok((await servedBeforeRefusal(() => send("/"))) <= 19);
}
