import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "#test";
import { counted, dump, linesOf, numbered, useCommand } from "../support/command.ts";
import { PASSWORD, startRedis, withoutRedis } from "../support/redis-tcp.ts";

/** Node 20 has no SQLite. */
const node = resolve("node_modules/node/bin/node");
const { command, path, run, copy } = useCommand({ node });
const EVIL = "\u001b[31m\u009b2J\n";
const json = (text: string) =>
  text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));

/** What the commands do over any store that can be written. */
function behaves(address: () => string): void {
  const on = (...args: string[]) => run(args, { env: { EDGE_KEY_VALUE_STORE: address() } });

  it("puts, gets, lists, counts and deletes", async () => {
    for (const [key, value, ...more] of [
      ["user:1", '{"name":"Ada"}', "--ttl", "90000"],
      ["user:2", "2"],
      ["other", "\u001b[31mred", "--text"],
      [EVIL, "true", "--collection", EVIL],
    ] as const) {
      const put = await on("put", key, value, ...more);
      expect([put.code, put.out, /[^\P{Cc}\n]/u.test(put.err)]).toEqual([0, "", false]);
    }
    const got = await on("get", "user:1");
    expect([got.code, got.out]).toEqual([0, '{\n  "name": "Ada"\n}\n']);
    const line = await on("get", "other", "--json");
    expect([line.out.includes("\u001b"), json(line.out)[0]]).toEqual([
      false,
      expect.objectContaining({ collection: "default_collection", key: "other", value: "\u001b[31mred" }),
    ]);

    const list = await on("list", "--prefix", "user:");
    const [header, ...rows] = list.out.trimEnd().split("\n");
    expect([list.code, header, rows.sort()]).toEqual([
      ...[0, expect.stringMatching(/^KEY +EXPIRES IN +BYTES$/)],
      [expect.stringMatching(/^user:1 +1d (?:1h|59m) +14$/), expect.stringMatching(/^user:2 +1$/)],
    ]);
    const first = await on("list", "--limit", "1", "--json");
    expect([json(first.out).length, first.err]).toEqual([1, expect.stringContaining("more keys")]);

    const collections = await on("collections", "--json");
    expect(
      json(collections.out)
        .map(({ collection }) => collection)
        .sort(),
    ).toEqual([EVIL, "default_collection"].sort());
    const table = await on("collections");
    expect([table.out.includes("\\u001b[31m\\u009b2J\\u000a"), table.out.includes("\u001b")]).toEqual([true, false]);
    const stat = await on("stat", "--json", "--collection", "default_collection");
    expect(json(stat.out)).toEqual([
      { collection: "default_collection", entries: 3, expiring: 1, bytes: 14 + 1 + 15, failed: 0 },
    ]);

    const refused = await on("delete", "user:1");
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining("--yes")]);
    expect((await on("get", "user:1")).code).toBe(0);
    const some = await on("delete", "user:1", "nothing", "--yes");
    expect([some.code, some.err]).toEqual([1, "Deleted 1 of 2 entries\n"]);
    const missing = await on("get", "user:1");
    expect([missing.code, missing.out, missing.err]).toEqual([1, "", expect.stringContaining('no entry "user:1"')]);
    const rest = await on("delete", "--prefix", "", "--yes", "--json");
    expect([rest.code, json(rest.out)]).toEqual([0, [{ collection: "default_collection", deleted: 2 }]]);
  });
}

describe("edge-key-value over SQLite", () => {
  behaves(() => "sqlite:data.db");

  it("asks at a terminal before it deletes", async () => {
    const there = async () => (await run(["get", "k", "--store", "file:asked.db"])).code === 0;
    await run(["put", "k", "1", "--store", "file:asked.db"]);
    for (const [answer, stays] of [
      ["n", true],
      ["", true],
      ["y", false],
    ] as const) {
      const ask = `"${node}" "${command}" delete k --store file:asked.db`;
      const shown = execFileSync(
        "bash",
        ["-c", `(sleep 1; echo "${answer}"; sleep 3) | timeout 20 script -qc '${ask}' /dev/null`],
        { cwd: path(""), encoding: "utf8", timeout: 30_000 },
      );
      expect([shown, await there()]).toEqual([
        expect.stringContaining('Delete 1 entry of "default_collection" of asked.db?'),
        stays,
      ]);
    }
  });

  it("goes on in the collections that are named, and refuses a token with other names", async () => {
    const lines = numbered(60);
    writeFileSync(path("named.ndjson"), dump(lines));
    await copy("file:named.ndjson", "sqlite:named.db");
    const names = [...new Set(lines.map(({ collection }) => collection))].slice(0, 2);
    const on = (collections: string, resume: string) =>
      copy("sqlite:named.db", "sqlite:to.db", "--batch", "1", "--collections", collections, "--resume", resume);
    const stopped = await on(names.join(","), "no-such-folder/token");
    const [, token = ""] = /Go on with: --resume (ekv1\.\S+)/.exec(stopped.err) ?? [];
    const refused = await on(names[0]!, token);
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining("--resume: the cursor is the token")]);
    const rest = await on(names.join(","), token);
    const named = lines.filter(({ collection }) => names.includes(collection));
    expect([rest.code, counted(rest, "copied")]).toEqual([0, named.length - 1]);
  });

  it("copies from SQLite and to it, and creates nothing when it only reads", async () => {
    writeFileSync(path("dump.ndjson"), dump(numbered(250)));
    const dry = await copy("file:dump.ndjson", "file:copied.sqlite3", "--dry-run");
    expect([dry.code, counted(dry, "copied"), existsSync(path("copied.sqlite3"))]).toEqual([0, 250, false]);
    const up = await copy("file:dump.ndjson", "file:copied.sqlite3");
    expect([up.code, counted(up, "copied"), counted(up, "verified")]).toEqual([0, 250, 250]);
    const down = await copy("sqlite:copied.sqlite3", "-");
    expect(linesOf(down.out).map(({ collection, key, value }) => ({ collection, key, value }))).toEqual(
      expect.arrayContaining(numbered(250)),
    );
    for (const args of [["list"], ["get", "k"], ["stat"], ["collections"], ["delete", "k", "--yes"]]) {
      const result = await run([...args, "--store", "sqlite:typo.db"]);
      expect([args, result.code, result.err]).toEqual([args, 2, expect.stringContaining("typo.db does not exist")]);
    }
    expect(existsSync(path("typo.db"))).toBe(false);
  });
});

describe("edge-key-value over a file of lines", () => {
  it("reads it, and writes nothing", async () => {
    await run(["copy", "--from", "-", "--to", "file:lines.ndjson"], { input: dump(numbered(30)) });
    const before = readFileSync(path("lines.ndjson"), "utf8");
    const list = await run(["list", "--store", "file:lines.ndjson", "--collection", "c1", "--json"]);
    expect(json(list.out).length).toBe(10);
    const get = await run(["get", "k4", "--store", "file:lines.ndjson", "--collection", "c1", "--json"]);
    expect(linesOf(get.out)).toEqual([numbered(5)[4]]);
    for (const args of [
      ["put", "k", "1"],
      ["delete", "k4", "--collection", "c1", "--yes"],
    ]) {
      const result = await run([...args, "--store", "file:lines.ndjson"]);
      expect([args, result.code, result.err]).toEqual([args, 1, expect.stringContaining("read_only")]);
    }
    expect(readFileSync(path("lines.ndjson"), "utf8")).toBe(before);
  });
});

describe("edge-key-value, with one store", () => {
  it("answers wrong arguments with exit code 2", async () => {
    for (const [args, words] of [
      [["list"], "--store is missing"],
      [["list", "--what"], "unknown option '--what'"],
      [["get", "--store", "sqlite:data.db"], "missing required argument"],
      [["list", "--store", "-"], "--store"],
      [["list", "--store", "mysql://u:hidden@host"], "not mysql:"],
      [["list", "--store", "redis://:hidden@host/x"], "database"],
      [["list", "--store", "sqlite:data.db", "--limit", "0"], "whole number"],
      [["put", "k", "{", "--store", "sqlite:data.db"], "not JSON"],
      [["put", "k", "null", "--store", "sqlite:data.db"], "delete"],
      [["put", "k", "1", "--ttl", "0", "--store", "sqlite:data.db"], "above 0"],
      [["delete", "--store", "sqlite:data.db", "--yes"], "--prefix"],
      [["delete", "k", "--prefix", "k", "--store", "sqlite:data.db", "--yes"], "--prefix"],
      // Nobody has installed a client beside the command here.
      [["list", "--store", "postgres://u:hidden@host/app"], "npm install pg"],
    ] as const) {
      const { code, out, err } = await run(args);
      expect([args, code, err.includes(words) ? words : err, /hidden|\n {4}at /.test(out + err)]).toEqual([
        args,
        2,
        words,
        false,
      ]);
    }
  });
});

if (withoutRedis) describe("edge-key-value over Redis", () => it.skip(withoutRedis as string, () => {}));
else
  describe("edge-key-value over Redis", () => {
    let server: Awaited<ReturnType<typeof startRedis>>;
    beforeAll(async () => {
      server = await startRedis();
    });
    afterAll(() => server.stop());

    behaves(() => server.url(0));

    it("shows an entry that cannot be read, and no password", async () => {
      await server.redis(1, "SET", "c::bad", "no JSON, but a secret");
      await run(["put", "good", "1", "--collection", "c", "--store", server.url(1)]);
      const list = await run(["list", "--collection", "c", "--store", server.url(1)]);
      expect([list.code, list.out]).toEqual([1, expect.stringMatching(/bad +\(corrupted\)/)]);
      const stat = await run(["stat", "--store", server.url(1)]);
      expect([stat.code, stat.out]).toEqual([1, expect.stringMatching(/^c +1 +0 +1 +1$/m)]);
      expect(list.out + list.err + stat.out + stat.err).not.toMatch(new RegExp(`secret|${PASSWORD}`));
    });
  });
