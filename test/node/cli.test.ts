import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "#test";
import { upstashStore } from "../../src/adapters/upstash.ts";
import { toDriver } from "../../src/index.ts";
import { counted, dump, type Line, linesOf, numbered, useCommand } from "../support/command.ts";
import { PASSWORD, startRedis, withoutRedis } from "../support/redis-tcp.ts";
import { openDatabase } from "../support/upstash.ts";

const { path, run, copy } = useCommand();

/** Deadlines cross as the time that is left, so they move by the time that a copy takes. */
const rounded = (lines: readonly Line[]) =>
  lines.map(({ expiresAt, ...line }) => ({ ...line, expires: expiresAt && Math.round((expiresAt - start) / 1e6) }));
const start = Date.now();
const sorted = (lines: readonly Line[]) =>
  [...lines].sort((a, b) => (`${a.collection} ${a.key}` < `${b.collection} ${b.key}` ? -1 : 1));

describe("edge-key-value", () => {
  it("explains itself", async () => {
    const help = await run(["copy", "--help"]);
    expect([help.code, help.out.includes("--from <place>"), help.out.includes("Exit codes")]).toEqual([0, true, true]);
    const version = await run(["--version"]);
    const { version: own } = JSON.parse(readFileSync("package.json", "utf8"));
    expect([version.code, version.out.trim()]).toEqual([0, own]);
  });

  it("answers wrong arguments with exit code 2, and shows no address that it does not know", async () => {
    writeFileSync(path("there.ndjson"), dump(numbered(1)));
    const there = `file:${path("there.ndjson")}`;
    for (const [args, words] of [
      [[], "Usage"],
      [["copie"], "unknown command"],
      [["copy", "--from", there], "--to"],
      [["copy", "--from", there], "--to is missing"],
      [["copy", "--from", there, "--to", "-", "--bulk"], "unknown option '--bulk'"],
      [["copy", "--bulk"], "unknown option '--bulk'"],
      [["copy", "--from", "redis://:hidden@host/x", "--to", "-"], "the database"],
      [["copy", "--from", "-", "--to", "redis://:hidden%@host/0"], "--to: write a % "],
      [["copy", "--from", "upstash+https://hidden%zz@host", "--to", "-"], "--from: write a % "],
      [["copy", "--from", there, "--to", "-", "--batch", "0"], "whole number"],
      [["copy", "--from", there, "--to", there], "the same"],
      [["copy", "--from", "http://user:hidden@host", "--to", "-"], "not http:"],
      [["copy", "--from", "no/scheme/hidden", "--to", "-"], "--from must be"],
      [["copy", "--from", "upstash+https://host", "--to", "-"], "UPSTASH_REDIS_REST_TOKEN"],
      [["copy", "--from", `file:${path("not there")}`, "--to", "-"], "ENOENT"],
      [["copy", "--from", "-", "--to", there], "--overwrite"],
      [["copy", "--from", there, "--to", "-", "--resume", "ekv1.what"], "token"],
    ] as const) {
      const { code, err, out } = await run(args);
      expect([args, code, err.includes(words) ? words : err, /hidden|\n {4}at /.test(err + out)]).toEqual([
        args,
        2,
        words,
        false,
      ]);
    }
    expect(linesOf(readFileSync(path("there.ndjson"), "utf8"))).toEqual(numbered(1));
  });

  it("copies from standard input to standard output, and says where a line is wrong", async () => {
    const good: Line[] = [
      { collection: "a", key: "k", value: "x\ny", createdAt: 5, expiresAt: 4e12 },
      { collection: "a", key: "\uD800 ü", value: [1, null, { "": false }] },
      { collection: "b::", key: "", value: 0 },
    ];
    const whole = await run(["copy", "--from", "-", "--to", "-"], { input: dump(good) });
    expect([whole.code, linesOf(whole.out), counted(whole, "copied")]).toEqual([0, good, 3]);

    const bad = ["{", "[]", "7", "null", '{"collection":"a","key":"b"}', '{"collection":"a","key":"b","value":null}'];
    const times = ['{"collection":"a","key":"b","value":1,"expiresAt":"soon"}'];
    const input = [dump(good.slice(0, 1)), ...bad, "", ...times, dump(good.slice(1)).trimEnd()].join("\n");
    const { code, err, out } = await run(["copy", "--from", "-", "--to", "-", "--batch", "2"], { input });
    expect([code, linesOf(out)]).toEqual([1, good]);
    expect(counted({ code, err, out }, "failed")).toBe(7);
    expect(err).toContain("line 3, which ends at byte");
  });

  it("leaves out collections that are not named, and entries that have expired", async () => {
    const lines = [...numbered(9), { collection: "c0", key: "old", value: 1, expiresAt: 5 }];
    const args = ["copy", "--from", "-", "--to", "-", "--collections", "c0,c9", "--collections", "c1"];
    const result = await run(args, { input: dump(lines) });
    expect(linesOf(result.out)).toEqual(numbered(9).filter(({ collection }) => collection !== "c2"));
    expect([result.code, counted(result, "copied"), counted(result, "expired")]).toEqual([1, 6, 1]);
    expect(result.err).toContain('Warning: - has no collection "c9"');
  });

  it("ends with 1 when a place cannot be reached, and says which", async () => {
    const unreachable = "redis://:hidden@127.0.0.1:1";
    const result = await copy(unreachable, `file:${path("unreached.ndjson")}`);
    const message = "Error: redis://127.0.0.1:1: Redis cannot be reached (unavailable)\n";
    expect([result.code, result.err]).toEqual([1, message]);
    writeFileSync(path("one.ndjson"), dump(numbered(1)));
    const other = await copy(`file:${path("one.ndjson")}`, unreachable);
    expect([other.code, other.err]).toEqual([1, message]);
    // Nothing was copied, so nothing says that it was, and nothing is in the way of another try.
    expect([result.err.includes("Copied"), existsSync(path("unreached.ndjson"))]).toEqual([false, false]);
    expect(existsSync(path("unreached.ndjson.part"))).toBe(false);
  });
});

if (withoutRedis) describe("edge-key-value copy", () => it.skip(withoutRedis as string, () => {}));
else describe("edge-key-value copy", withRedis);

function withRedis(): void {
  let server: Awaited<ReturnType<typeof startRedis>>;
  let databases = 0;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  /** A database with entries in it. */
  async function database(lines: readonly Line[] = []): Promise<{ url: string; number: number }> {
    const number = databases++;
    const url = server.url(number);
    if (lines.length > 0) {
      const result = await run(["copy", "--from", "-", "--to", url], { input: dump(lines) });
      expect([result.code, counted(result, "copied"), counted(result, "verified")]).toEqual([
        0,
        lines.length,
        lines.length,
      ]);
    }
    return { url, number };
  }

  const contents = async (url: string, ...more: string[]) => sorted(linesOf((await copy(url, "-", ...more)).out));

  it("takes entries from Redis to a file and back with their times, and shows no password", async () => {
    const lines = [
      ...numbered(250),
      { collection: "times", key: "\uD800 é", value: "v", createdAt: 1_700_000_000_123, expiresAt: Date.now() + 1e9 },
    ];
    const from = await database(lines);
    const file = `file:${path("dump.ndjson")}`;
    const out = await copy(from.url, file, "--batch", "30");
    expect([out.code, counted(out, "copied")]).toEqual([0, 251]);
    expect(rounded(sorted(linesOf(readFileSync(path("dump.ndjson"), "utf8"))))).toEqual(rounded(sorted(lines)));
    const to = await database();
    const back = await copy(file, to.url);
    expect([back.code, counted(back, "copied"), counted(back, "verified")]).toEqual([0, 251, 251]);
    expect(rounded(await contents(to.url))).toEqual(rounded(sorted(lines)));
    expect(`${out.err}${out.out}${back.err}${back.out}`).not.toContain(PASSWORD);
    expect(out.err).toContain(`from redis://${server.address}/${from.number} to`);
  });

  it("warns when a store with a keyPrefix is copied without it", async () => {
    const { url } = await database([
      { collection: "app", key: "users::ann", value: 1 },
      { collection: "app", key: "users::ben", value: 1 },
      { collection: "mixed", key: "a::b", value: 1 },
      { collection: "mixed", key: "plain", value: 1 },
    ]);
    const without = await copy(url, `file:${path("without.ndjson")}`);
    expect(without.code).toBe(0);
    expect(without.err).toContain(
      'Warning: each key of "app" looks like collection::key. Is "app" the keyPrefix? Then use --from-prefix\n',
    );
    expect(without.err).not.toContain('"mixed"');
    const right = await copy(url, `file:${path("right.ndjson")}`, "--from-prefix", "app");
    expect([right.code, counted(right, "copied"), right.err.includes("Warning")]).toEqual([0, 2, false]);
    expect(linesOf(readFileSync(path("right.ndjson"), "utf8"))[0]?.collection).toBe("users");
  });

  it("writes what Python reads, and reads what Python wrote", async () => {
    const { url, number } = await database();
    const python =
      '{"collection": "c", "created_at": "2026-11-23T13:38:56.939552+00:00", "key": "k", "value": {"a": 1}, "version": 1}';
    await server.redis(number, "SET", "c::k", python);
    await server.redis(number, "SET", "not an entry", "x");
    await server.redis(number, "RPUSH", "c::list", "x");
    const createdAt = Date.parse("2026-11-23T13:38:56.939Z");
    expect(await contents(url)).toEqual([{ collection: "c", key: "k", value: { a: 1 }, createdAt }]);
    const to = await database();
    expect((await copy(url, to.url)).code).toBe(0);
    expect(JSON.parse((await server.redis(to.number, "GET", "c::k")) as string)).toEqual(
      expect.objectContaining({
        collection: "c",
        key: "k",
        value: { a: 1 },
        created_at: "2026-11-23T13:38:56.939000+00:00",
      }),
    );
  });

  it("leaves what the target has, unless told otherwise, and writes nothing in a dry run", async () => {
    const from = await database(numbered(20));
    const mine = { collection: "c0", key: "k0", value: "mine" };
    const to = await database([mine]);
    const dry = await copy(from.url, to.url, "--dry-run");
    expect([dry.code, counted(dry, "copied"), counted(dry, "skipped")]).toEqual([0, 19, 1]);
    expect(await contents(to.url)).toEqual([mine]);
    const kept = await copy(from.url, to.url);
    expect([kept.code, counted(kept, "copied"), counted(kept, "skipped"), counted(kept, "verified")]).toEqual([
      0, 19, 1, 19,
    ]);
    expect((await contents(to.url))[0]).toEqual(mine);
    const over = await copy(from.url, to.url, "--overwrite", "--no-verify");
    expect([over.code, counted(over, "copied"), counted(over, "verified")]).toEqual([0, 20, 0]);
    expect(await contents(to.url)).toEqual(sorted(numbered(20)));
  });

  it("copies what lies under a prefix to another one, and collections by name", async () => {
    const lines = numbered(9);
    const { url, number } = await database();
    await run(["copy", "--from", "-", "--to", url, "--to-prefix", "app"], { input: dump(lines) });
    await copy(url, url, "--from-prefix", "app", "--to-prefix", "other", "--collections", "c1");
    const found = await contents(url, "--from-prefix", "other");
    expect(found).toEqual(sorted(lines.filter(({ collection }) => collection === "c1")));
    expect(await server.redis(number, "EXISTS", "other::c1::k1")).toBe(1);
  });

  it("goes on past an entry that is corrupt, names it and ends with 1", async () => {
    const { url, number } = await database(numbered(10));
    await server.redis(number, "SET", "c0::bad", "no JSON, but a secret");
    const result = await copy(url, `file:${path("corrupt.ndjson")}`);
    expect([result.code, counted(result, "copied"), counted(result, "failed")]).toEqual([1, 10, 1]);
    expect(result.err).toContain('"c0" "bad"');
    expect(result.err).not.toContain("secret");
  });

  it("stops when interrupted with 130 and a token, from which it goes on", async () => {
    const lines = numbered(4000);
    const { url } = await database(lines);
    const file = path("interrupted.ndjson");
    const first = await run(["copy", "--from", url, "--to", `file:${file}`, "--batch", "1"], {
      started: (child) =>
        when(
          () => existsSync(`${file}.part`) && readFileSync(`${file}.part`).length > 2000,
          () => child.kill("SIGINT"),
        ),
    });
    expect(existsSync(file)).toBe(false);
    const some = linesOf(readFileSync(`${file}.part`, "utf8")).length;
    expect([first.code, some > 10, some < 4000, counted(first, "copied")]).toEqual([130, true, true, some]);
    expect(first.err).toContain("Interrupted.");
    const [, token = ""] = /--resume (\S+)/.exec(first.err) ?? [];
    // As if it had been killed while it wrote.
    writeFileSync(`${file}.part`, '{"collection":"c', { flag: "a" });
    const rest = await copy(url, `file:${file}`, "--resume", token);
    expect([rest.code, counted(rest, "copied")]).toEqual([0, 4000 - some]);
    expect(sorted(linesOf(readFileSync(file, "utf8")))).toEqual(sorted(lines));
    expect(existsSync(`${file}.part`)).toBe(false);
    // The checksum is right, although two processes wrote the file.
    const check = await copy(`file:${file}`, "-", "--dry-run");
    expect([check.code, counted(check, "copied"), counted(check, "failed")]).toEqual([0, 4000, 0]);
  });

  it("goes on after it was killed from the file that has its token, and loses nothing", async () => {
    const lines = numbered(3000);
    writeFileSync(path("long.ndjson"), dump(lines));
    const to = await database();
    const args = [
      "copy",
      "--from",
      `file:${path("long.ndjson")}`,
      "--to",
      to.url,
      "--resume",
      path("token"),
      "--batch",
      "2",
    ];
    const killed = await run(args, {
      started: (child) =>
        when(
          () => existsSync(path("token")),
          () => child.kill("SIGKILL"),
        ),
    });
    expect([killed.code, existsSync(path("token"))]).toEqual([null, true]);
    const some = Number(await server.redis(to.number, "DBSIZE"));
    const rest = await run(args);
    expect([rest.code, counted(rest, "failed")]).toEqual([0, 0]);
    expect(counted(rest, "copied") + counted(rest, "skipped")).toBeLessThan(3000);
    expect(some).toBeLessThan(3000 * 2);
    expect(await contents(to.url)).toEqual(sorted(lines));
    expect(existsSync(path("token"))).toBe(false);
  });

  it("copies from Upstash and to it, with the token from the environment, and never shows it", async () => {
    const [from, to] = [await openDatabase(), await openDatabase()];
    const store = upstashStore(from.client());
    await store.putMany(
      numbered(30).map(({ key, value }) => [key, value] as const),
      { collection: "c", ttl: 5000 },
    );
    const file = `file:${path("upstash.ndjson")}`;
    const env = { UPSTASH_REDIS_REST_TOKEN: from.token };
    const down = await run(["copy", "--from", `upstash+${from.url}`, "--to", file], { env });
    expect([down.code, counted(down, "copied")]).toEqual([0, 30]);
    const inside = to.url.replace("://", `://${to.token}@`);
    const up = await copy(file, `upstash+${inside}`);
    expect([up.code, counted(up, "copied"), counted(up, "verified")]).toEqual([0, 30, 30]);
    const keys = numbered(30).map(({ key }) => key);
    const strip = async (entries: ReturnType<ReturnType<typeof toDriver>["read"]>) =>
      (await entries).map((entry) => [
        entry?.value,
        entry?.createdAt,
        Math.round(((entry?.expiresAt as number) - start) / 1e6),
      ]);
    expect(await strip(toDriver(upstashStore(to.client())).read("c", keys))).toEqual(
      await strip(toDriver(store).read("c", keys)),
    );
    expect(`${down.err}${down.out}${up.err}${up.out}`).not.toContain(from.token);
    const wrong = await run(["copy", "--from", `upstash+${from.url}`, "--to", "-"], {
      env: { UPSTASH_REDIS_REST_TOKEN_FROM: "a wrong token", UPSTASH_REDIS_REST_TOKEN: from.token },
    });
    expect([wrong.code, /unauthorized/.test(wrong.err), wrong.err.includes("a wrong token")]).toEqual([1, true, false]);
  });

  it("refuses a wrong password with 1", async () => {
    const result = await copy(`redis://:wrong@${server.address}/0`, "-");
    expect([result.code, /unauthorized|WRONGPASS/.test(result.err), result.err.includes("wrong@")]).toEqual([
      1,
      true,
      false,
    ]);
  });
}

function when(happened: () => boolean, act: () => void): void {
  const timer = setInterval(() => {
    if (!happened()) return;
    clearInterval(timer);
    act();
  }, 5);
}
