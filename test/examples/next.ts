import assert from "node:assert/strict";
import { assertSecure, expectStatus, type Send } from "./client.ts";

/** A page that stays the same until its tag is revalidated. */
export async function check(send: Send): Promise<void> {
  assertSecure(await send("/"));
  const edition = async () => /<code>([0-9a-f-]{36})<\/code>/.exec(await expectStatus<string>(200, send("/")))?.[1];
  const first = await edition();
  assert.ok(first);
  assert.equal(await edition(), first);
  const revalidate = (secret: string) =>
    send("/revalidate", { method: "POST", headers: { authorization: `Bearer ${secret}` } });
  await expectStatus(401, revalidate("wrong"));
  assert.equal(await edition(), first);
  await expectStatus(204, revalidate("correct horse battery staple"));
  const second = await edition();
  assert.notEqual(second, first);
  assert.equal(await edition(), second);
}
