import assert from "node:assert/strict";
import { assertSecure, expectStatus, type Send, servedBeforeRefusal } from "./client.ts";

/** One request to the upstream serves many, and a limit on requests. */
export async function check(send: Send): Promise<void> {
  const first = await send("/rates/EUR");
  assertSecure(first);
  assert.equal(first.headers.get("x-cache"), "miss");
  const rates = await expectStatus(200, first);
  const second = await send("/rates/EUR");
  assert.equal(second.headers.get("x-cache"), "hit");
  assert.deepEqual(await expectStatus(200, second), rates);
  await expectStatus(400, send("/rates/euro"));
  await expectStatus(404, send("/rates/XXX"));
  await expectStatus(502, send("/rates/YYY"));
  await expectStatus(404, send("/nothing"));
  // Five requests counted so far.
  assert.ok((await servedBeforeRefusal(() => send("/rates/EUR"))) <= 15);
}
