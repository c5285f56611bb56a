import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { describe, expect, it } from "#test";
import { counted, dump, numbered, useCommand } from "../support/command.ts";

const { command, path, run } = useCommand();

/** Sets a terminal's title and its colour, moves the cursor, and turns text around. */
const EVIL = "\u001b]0;title\u0007\u001b[31m\r\u009b2J\u202e";
const UNSAFE = /[^\P{Cc}\n]|\p{Bidi_Control}/u;

describe("edge-key-value, at a terminal", () => {
  it("never writes a control character, wherever it comes from", async () => {
    // A server that answers everything with an error.
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", (data) => {
        const commands = `${data}`.match(/^\*\d+\r$/gm)?.length ?? 0;
        socket.write(`-ERR ${EVIL.replace("\r", "")}\r\n`.repeat(commands));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    writeFileSync(path("evil.ndjson"), dump([{ collection: EVIL, key: EVIL, value: EVIL }]));
    const evil = `file:${EVIL}`;
    const copy = (...args: string[]) => ["copy", "--from", "file:evil.ndjson", "--to", "-", ...args];
    const calls: [string[], number][] = [
      [["copy", "--from", `redis://127.0.0.1:${port}`, "--to", "-", "--collections", EVIL], 1],
      [copy("--collections", EVIL), 0],
      [copy("--collections", `${EVIL}2`), 1],
      [copy("--resume", `${EVIL}ekv1.x`), 2],
      [["copy", "--from", evil, "--to", "-"], 2],
      [["copy", "--from", "file:evil.ndjson", "--to", evil], 0],
      [["copy", "--from", `${EVIL}:x`, "--to", "-"], 2],
      [copy(`--${EVIL}`), 2],
      [[EVIL], 2],
    ];
    for (const [args, code] of calls) {
      const result = await run(args);
      expect([args, result.code, UNSAFE.exec(result.out + result.err)]).toEqual([args, code, null]);
    }
    server.close();
  });

  it("refuses bytes that are no text, where replacing some of them would change the value", async () => {
    const put = ["put", "k", "--text", "--store", "redis://127.0.0.1:1"];
    const { code, err } = await run(put, { input: new Uint8Array([104, 0xff, 105]) });
    expect([code, err]).toEqual([2, "Error: the value is not UTF-8\n"]);
  });

  it("keeps what it escapes", async () => {
    const lines = [{ collection: EVIL, key: EVIL, value: { [EVIL]: EVIL } }];
    const result = await run(["copy", "--from", "-", "--to", "-"], { input: dump(lines) });
    expect([result.code, JSON.parse(result.out)]).toEqual([0, lines[0]]);
  });

  it("ends quietly with 141 when the reader of standard output has gone", async () => {
    writeFileSync(path("many.ndjson"), dump(numbered(20_000)));
    const shell = `"${process.execPath}" "${command}" copy --from "file:${path("many.ndjson")}" --to - | head -n 1; echo "\${PIPESTATUS[0]}"`;
    const output = execFileSync("bash", ["-c", `(${shell}) 2>&1`], { encoding: "utf8" });
    expect(output).toBe(`${dump(numbered(1))}141\n`);
  });

  it("hides its arguments from the list of processes, and takes addresses from a file or the environment", async () => {
    writeFileSync(path("one.ndjson"), dump(numbered(1)));
    writeFileSync(path("address"), `file:${path("one.ndjson")}\n`);
    const byFile = await run(["copy", "--from", "@address", "--to", "-"]);
    const env = { EDGE_KEY_VALUE_FROM: "@address", EDGE_KEY_VALUE_TO: "-" };
    const byEnvironment = await run(["copy"], { env });
    for (const result of [byFile, byEnvironment]) {
      expect([result.code, result.out, counted(result, "copied")]).toEqual([0, dump(numbered(1)), 1]);
    }
    for (const from of ["@nowhere", "@"]) {
      const result = await run(["copy", "--from", from, "--to", "-"]);
      expect([result.code, result.err]).toEqual([2, expect.stringContaining("--from")]);
    }
    if (process.platform !== "linux") return;
    let shown = "";
    await run(["copy", "--from", "redis://:hidden@127.0.0.1:1", "--to", "-"], {
      started: (child) =>
        setTimeout(() => {
          shown = readFileSync(`/proc/${child.pid}/cmdline`, "utf8");
          child.kill("SIGKILL");
        }, 2500),
    });
    expect([shown.includes("edge-key-value"), shown.includes("hidden")]).toEqual([true, false]);
  });
});
