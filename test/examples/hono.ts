import assert from "node:assert/strict";
import { assertSecure, browser, expectStatus, json, type Send, servedBeforeRefusal } from "./client.ts";

const right = { user: "ann", password: "correct horse battery staple" };

/** Sessions, idempotent orders and a limit on attempts to sign in. */
export async function check(send: Send): Promise<void> {
  const ann = browser(send);
  assertSecure(await ann("/"));
  await expectStatus(400, ann("/sign-in", json("POST", "not an object")));
  await expectStatus(401, ann("/sign-in", json("POST", { ...right, password: "wrong" })));
  await expectStatus(401, ann("/orders", json("POST", { item: "tea" }, { "idempotency-key": "1" })));
  await expectStatus(204, ann("/sign-in", json("POST", right)));
  assert.deepEqual(await expectStatus(200, ann("/")), { user: "ann" });

  const order = (item: string, key: string) => ann("/orders", json("POST", { item }, { "idempotency-key": key }));
  const attempts = await Promise.all([1, 2, 3].map(() => order("tea", "a")));
  assert.ok(
    attempts.every(({ status }) => status === 201 || status === 409),
    "one order runs, and the others wait or receive its response",
  );
  const first = await expectStatus<{ order: number }>(201, order("tea", "a"));
  assert.deepEqual(await expectStatus(201, order("tea", "a")), first);
  const next = await expectStatus<{ order: number }>(201, order("tea", "b"));
  assert.equal(next.order, first.order + 1);
  await expectStatus(422, order("coffee", "a"));
  await expectStatus(400, order("", "c"));
  await expectStatus(400, ann("/orders", json("POST", { item: "tea" })));
  await expectStatus(413, order("x".repeat(20_000), "d"));

  await expectStatus(204, ann("/sign-out", json("POST", {})));
  assert.deepEqual(await expectStatus(200, ann("/")), { user: null });

  const served = await servedBeforeRefusal(() => send("/sign-in", json("POST", { ...right, password: "guess" })));
  assert.ok(served <= 5, `${served} attempts were served`);
  await expectStatus(404, send("/nothing"));
}
