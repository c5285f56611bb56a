import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { describe, expect, it } from "#test";
import { openPartFile } from "../../cli/part-file.ts";
import { counted, dump, linesOf, numbered, useCommand } from "../support/command.ts";

const { path, run, copy } = useCommand();
const read = (name: string) => readFileSync(path(name), "utf8");
const entries = dump(numbered(5));

/** Makes a file with the command. */
async function made(name: string, ...more: string[]): Promise<string> {
  const result = await run(["copy", "--from", "-", "--to", `file:${name}`, ...more], { input: entries });
  expect([result.code, result.err]).toEqual([0, expect.stringContaining("Copied 5 entries")]);
  return read(name);
}

describe("edge-key-value copy, with files", () => {
  it("ends a file with a checksum, which it checks when it reads the file", async () => {
    const text = await made("whole.ndjson");
    expect(linesOf(text)).toEqual(numbered(5));
    const last = JSON.parse(text.trimEnd().split("\n").at(-1) as string);
    expect(last).toEqual({ "edge-key-value": 1, entries: 5, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const back = await copy("file:whole.ndjson", "-");
    expect([back.code, linesOf(back.out), counted(back, "failed")]).toEqual([0, numbered(5), 0]);
    // Standard output is for other programs, which know nothing of checksums.
    expect(back.out).toBe(entries);
  });

  it("copies what is in a damaged file, says that it is damaged and ends with 1", async () => {
    const text = await made("sound.ndjson");
    const lines = text.trimEnd().split("\n");
    const cut = `${lines.slice(0, 3).join("\n")}\n`;
    for (const [damaged, count, words] of [
      [text.replace('{"i":3}', '{"i":9}'), 5, "line 6, which ends at byte"],
      [text.replace(`${lines[2]}\n`, ""), 4, "changed or damaged"],
      [cut, 3, "the checksum line at the end is missing"],
      [text + cut, 8, "is missing"],
      [text.replace('"edge-key-value":1,"entries"', '"edge-key-value":2,"entries"'), 5, "changed or damaged"],
    ] as const) {
      const result = await run(["copy", "--from", "-", "--to", "-"], { input: damaged });
      expect([result.code, counted(result, "copied"), counted(result, "failed"), result.err]).toEqual([
        ...[1, count, 1],
        expect.stringContaining(words),
      ]);
    }
    const anyway = await run(["copy", "--from", "-", "--to", "-", "--no-checksum"], { input: cut });
    expect([anyway.code, counted(anyway, "copied"), counted(anyway, "failed")]).toEqual([0, 3, 0]);
  });

  it("reads files without a checksum, and files that were joined", async () => {
    const plain = await made("plain.ndjson", "--no-checksum");
    expect(plain).toBe(entries);
    const whole = await made("joined.ndjson");
    const empty = await run(["copy", "--from", "-", "--to", "file:empty.ndjson"]);
    expect(empty.code).toBe(0);
    const input = `${plain}${whole}${read("empty.ndjson")}${whole}`;
    const result = await run(["copy", "--from", "-", "--to", "-"], { input });
    expect([result.code, counted(result, "copied"), counted(result, "failed")]).toEqual([0, 15, 0]);
  });

  it("leaves the old file alone until the new one is whole", async () => {
    const old = await made("old.ndjson");
    const kept = await run(["copy", "--from", "redis://127.0.0.1:1", "--to", "file:old.ndjson"]);
    expect([kept.code, kept.err]).toEqual([2, expect.stringContaining("--overwrite")]);
    // A server that refuses every call.
    const server = createServer((_, response) => response.writeHead(401).end('{"error":"WRONGPASS"}'));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const failed = await run([
      "copy",
      "--from",
      `upstash+http://t@127.0.0.1:${port}`,
      "--to",
      "file:old.ndjson",
      "--overwrite",
    ]);
    server.close();
    expect([failed.code, read("old.ndjson"), existsSync(path("old.ndjson.part"))]).toEqual([1, old, false]);
    const again = await run(["copy", "--from", "-", "--to", "file:old.ndjson", "--overwrite"], {
      input: dump(numbered(1)),
    });
    expect([again.code, linesOf(read("old.ndjson"))]).toEqual([0, numbered(1)]);
  });

  it("never mixes the lines of two copies into one file: the later copy takes over, and the earlier one fails", async () => {
    const options = { overwrite: true, checksum: true };
    for (const resumed of [false, true]) {
      const file = path(`both-${resumed}.ndjson`);
      const line = (i: number) => dump([numbered(9)[i]!]);
      const first = await openPartFile(file, { ...options, resumed: false });
      await first.append(line(0), 1);
      const second = await openPartFile(file, { ...options, resumed });
      await second.append(line(1), 1);
      await expect(first.append(line(2), 1)).rejects.toThrow("another copy");
      await expect(first.finish()).rejects.toThrow("another copy");
      await first.discard();
      await second.append(line(3), 1);
      await second.finish();
      await Promise.all([first.close(), second.close()]);
      const back = await copy(`file:${file}`, "-");
      const whole = resumed ? [0, 1, 3] : [1, 3];
      expect([back.code, linesOf(back.out)]).toEqual([0, whole.map((i) => numbered(9)[i])]);
    }
  });

  it("counts each bad line as failed, names it, and copies the others", async () => {
    const entry = (more: string) => `{"collection":"c","key":"k",${more}}`;
    const bad = [
      entry('"value":1e999'),
      entry(`"value":${"[".repeat(20_000)}${"]".repeat(20_000)}`),
      entry('"value":1,"expiresAt":1e300'),
      entry('"value":1,"createdAt":-1e15'),
      entry('"value":1,"expiresAt":"soon"'),
      entry('"value":1').slice(0, -1),
      "[".repeat(100_000),
    ].map((line) => Buffer.from(`${line}\n`));
    const notText = Buffer.concat([
      Buffer.from('{"collection":"c","key":"'),
      Buffer.from([0xff]),
      Buffer.from('","value":1}\n'),
    ]);
    const input = Buffer.concat([Buffer.from(entries), ...bad, notText, Buffer.from(dump([{ ...numbered(9)[8] }]))]);
    const result = await run(["copy", "--from", "-", "--to", "file:good.ndjson"], { input });
    expect([result.code, counted(result, "copied"), counted(result, "failed")]).toEqual([1, 6, 8]);
    for (let line = 6; line < 14; line++) expect(result.err).toContain(`! line ${line}, which ends at byte `);
    expect(result.err).not.toMatch(/\n {4}at /);
    expect(linesOf(read("good.ndjson"))).toEqual([...numbered(5), numbered(9)[8]]);
  });

  it("refuses one file in two roles", async () => {
    await made("dump.ndjson");
    for (const args of [
      ["--from", "-", "--to", "file:x", "--resume", "x"],
      ["--from", "-", "--to", "file:x", "--resume", "./x"],
      ["--from", "-", "--to", "file:x", "--resume", "x.part"],
      ["--from", "-", "--to", "file:x.new", "--resume", "x"],
      ["--from", "file:dump.ndjson", "--to", "-", "--resume", "dump.ndjson"],
      ["--from", "file:dump.ndjson", "--to", `file:${path("dump.ndjson")}`, "--overwrite"],
    ]) {
      const result = await run(["copy", ...args], { input: entries });
      expect([args, result.code, result.err]).toEqual([args, 2, expect.stringContaining("are the same file")]);
    }
    expect([existsSync(path("x")), linesOf(read("dump.ndjson"))]).toEqual([false, numbered(5)]);
  });

  it("prints the token itself when it cannot keep it in a file, and goes on from it", async () => {
    writeFileSync(path("many.ndjson"), entries);
    const to = ["file:many.ndjson", "file:copied.ndjson", "--batch", "1"] as const;
    const stopped = await copy(...to, "--resume", "no-such-folder/token");
    const [, token = ""] = /Go on with: --resume (ekv1\.\S+)/.exec(stopped.err) ?? [];
    expect([stopped.code, stopped.err]).toEqual([1, expect.stringContaining("the token cannot be kept")]);
    expect((await copy(...to, "--resume", token)).code).toBe(0);
    expect(linesOf(read("copied.ndjson"))).toEqual(numbered(5));
  });

  it("refuses a token that is mistyped or of another file, and starts nothing over", async () => {
    writeFileSync(path("token-less"), "what\n");
    await made("source.ndjson");
    for (const token of [
      ...["ekv1.what", "ekv1.file.", "ekv1.file.7", "ekv1.file.99999", "ekv1.a b"],
      ...["ekvl.file.20", "kv1.file.20", "EKV1.WyJjMCJd", "file.20", "WyJjMCJd".repeat(6), "token-less"],
    ]) {
      const result = await run(["copy", "--from", "file:source.ndjson", "--to", "-", "--resume", token]);
      expect([token, result.code, result.out, result.err]).toEqual([token, 2, "", expect.stringContaining("--resume")]);
      expect(existsSync(path(token))).toBe(token === "token-less");
    }
    const end = read("source.ndjson").indexOf("\n") + 1;
    const result = await run(["copy", "--from", "file:source.ndjson", "--to", "-", "--resume", `ekv1.file.${end}`]);
    expect([result.code, linesOf(result.out), counted(result, "failed")]).toEqual([0, numbered(5).slice(1), 0]);
    const lost = await run(["copy", "--from", "file:source.ndjson", "--to", "file:y", "--resume", `ekv1.file.${end}`]);
    expect([lost.code, lost.err, existsSync(path("y"))]).toEqual([2, expect.stringContaining("y.part"), false]);
  });
});
