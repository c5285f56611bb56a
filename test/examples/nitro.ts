import assert from "node:assert/strict";
import { assertSecure, expectStatus, json, type Send, servedBeforeRefusal } from "./client.ts";

/** A cached upstream, items in unstorage, and a limit on requests. */
export async function check(send: Send): Promise<void> {
  const first = await send("/rates/EUR");
  assertSecure(first);
  const rates = await expectStatus(200, first);
  assert.deepEqual(await expectStatus(200, send("/rates/EUR")), rates);
  await expectStatus(400, send("/rates/euro"));
  await expectStatus(404, send("/rates/XXX"));
  await expectStatus(502, send("/rates/YYY"));

  const { link } = await expectStatus<{ link: string }>(
    201,
    send("/links", json("POST", { url: "https://a.example/b" })),
  );
  const followed = await send(link, { redirect: "manual" });
  await expectStatus(302, followed);
  assert.equal(followed.headers.get("location"), "https://a.example/b");
  await expectStatus(400, send("/links", json("POST", { url: "javascript:alert(1)" })));
  await expectStatus(404, send("/links/nothing"));
  assert.ok((await servedBeforeRefusal(() => send("/rates/EUR"))) <= 21);
}
