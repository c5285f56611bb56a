import assert from "node:assert/strict";
import { assertSecure, browser, expectStatus, json, type Send } from "./client.ts";

/** Sessions, reset tokens that are good once, and better-auth's limits. */
export async function check(send: Send, output: () => string): Promise<void> {
  const first = await send("/");
  assertSecure(first);
  const { origin } = new URL(first.url);
  const from = (address: string) => ({ origin, "cf-connecting-ip": address });
  const post = (visitor: Send, path: string, body: object, address = "192.0.2.1") =>
    visitor(`/api/auth${path}`, json("POST", body, from(address)));

  const ann = browser(send);
  const account = { name: "Ann", email: "ann@app.example", password: "a long password" };
  await expectStatus(400, post(ann, "/sign-up/email", { ...account, email: "nobody" }));
  await expectStatus(200, post(ann, "/sign-up/email", account));
  assert.deepEqual(await expectStatus(200, ann("/")), { user: "Ann" });

  await expectStatus(200, post(send, "/request-password-reset", { email: account.email }, "192.0.2.2"));
  const tokenIn = () => /Reset token for ann@app\.example: (\S+)/.exec(output())?.[1];
  while (!tokenIn()) await new Promise((resolve) => setTimeout(resolve, 100));
  const reset = { token: tokenIn(), newPassword: "a longer password" };
  const resets = await Promise.all(
    [3, 4, 5].map((number) => post(send, "/reset-password", reset, `192.0.2.${number}`).then(({ status }) => status)),
  );
  assert.deepEqual(resets.sort(), [200, 400, 400]);
  assert.deepEqual(await expectStatus(200, ann("/")), { user: null });

  const statuses: number[] = [];
  for (let attempt = 0; attempt < 4; attempt++) {
    statuses.push((await post(send, "/sign-in/email", account, "192.0.2.7")).status);
  }
  assert.deepEqual(statuses, [401, 401, 401, 429]);
  await expectStatus(200, post(ann, "/sign-in/email", { ...account, password: reset.newPassword }, "192.0.2.8"));
  assert.deepEqual(await expectStatus(200, ann("/")), { user: "Ann" });
}
