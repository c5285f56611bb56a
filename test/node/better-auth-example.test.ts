import { rmSync, writeFileSync } from "node:fs";
import { createTestHarness } from "wrangler";
import { afterAll, beforeAll, describe, expect, it } from "#test";
import { blocksOf, folder, writeModules } from "../docs/blocks.ts";
import { pointToSources } from "../docs/execute.ts";

const origin = "http://localhost:8787";

describe("the example for better-auth in the documentation, from an empty folder", () => {
  let harness: ReturnType<typeof createTestHarness>;

  beforeAll(async () => {
    const module = writeModules().find(({ path }) => path.endsWith("better-auth.ts") && path.includes("sessions"));
    pointToSources();
    const [config] = blocksOf("docs/sessions.md").filter(({ language }) => language === "toml");
    const configPath = module!.path.replace(/\.ts$/, ".toml");
    writeFileSync(configPath, config!.code.replace('main = "worker.ts"', `main = ${JSON.stringify(module!.path)}`));
    harness = createTestHarness({ workers: [{ configPath }] });
    await harness.listen();
  });

  afterAll(async () => {
    await harness?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const post = (path: string, body: object, address = "192.0.2.1") =>
    harness.fetch(`${origin}${path}`, {
      method: "POST",
      headers: { origin, "content-type": "application/json", "cf-connecting-ip": address },
      body: JSON.stringify(body),
    });

  it("makes its tables, signs a user up, knows the user again, and limits attempts by address", async () => {
    expect((await post("/setup", {})).status).toBe(200);
    const user = { name: "Ann", email: "ann@app.example", password: "a long password" };
    const signedUp = await post("/api/auth/sign-up/email", user);
    expect(signedUp.status).toBe(200);
    const cookie = signedUp.headers.getSetCookie().map((one) => one.split(";")[0]);
    const known = await harness.fetch(`${origin}/`, { headers: { cookie: cookie.join("; ") } });
    expect(await known.json()).toEqual({ user: "Ann" });

    const attempt = (address: string) => post("/api/auth/sign-in/email", { ...user, password: "wrong one" }, address);
    const statuses: number[] = [];
    for (let times = 0; times < 4; times++) statuses.push((await attempt("192.0.2.7")).status);
    expect(statuses).toEqual([401, 401, 401, 429]);
    expect((await attempt("192.0.2.8")).status).toBe(401);
  });
});
