import assert from "node:assert/strict";
import { assertSecure, browser, expectStatus, json, type Send, servedBeforeRefusal } from "./client.ts";

const right = { user: "ann", password: "correct horse battery staple" };

/** Sessions that keep what simultaneous requests change, and a limit on attempts to sign in. */
export async function check(send: Send): Promise<void> {
  const ann = browser(send);
  assertSecure(await ann("/"));
  await expectStatus(
    400,
    ann("/sign-in", { method: "POST", body: "{", headers: { "content-type": "application/json" } }),
  );
  await expectStatus(401, ann("/sign-in", json("POST", { ...right, password: "wrong" })));
  await expectStatus(204, ann("/sign-in", json("POST", right)));

  const items = ["tea", "milk", "sugar", "cups"];
  await Promise.all(items.map((item) => expectStatus(204, ann(`/cart/${item}`, json("PUT", { count: 2 })))));
  const cart = Object.fromEntries(items.map((item) => [item, 2]));
  assert.deepEqual(await expectStatus(200, ann("/")), { user: "ann", cart });
  await expectStatus(400, ann("/cart/tea", json("PUT", { count: "many" })));

  await expectStatus(204, ann("/sign-out", { method: "POST" }));
  assert.deepEqual(await expectStatus(200, ann("/")), { user: null, cart: {} });

  const served = await servedBeforeRefusal(() => send("/sign-in", json("POST", { ...right, password: "guess" })));
  assert.ok(served <= 5, `${served} attempts were served`);
  await expectStatus(404, send("/nothing"));
}
