/** The real command, as users install it. On Node alone. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "#test";
import { buildCommand } from "../../cli/build.mjs";

export interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly input?: string | Uint8Array | undefined;
  readonly env?: Record<string, string> | undefined;
  readonly started?: ((child: ChildProcess) => void) | undefined;
}

/** Builds the command before the tests of a file, and removes it after them, with all else in the folder. */
export function useCommand({ node = process.execPath } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "ekv-cli-"));
  const command = join(folder, "edge-key-value.mjs");
  beforeAll(() => buildCommand(command));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function run(args: readonly string[], { input = "", env = {}, started }: RunOptions = {}): Promise<Result> {
    const child = spawn(node, [command, ...args], {
      env: { PATH: process.env.PATH, ...env },
      cwd: folder,
      timeout: 50_000,
    });
    const result = { out: "", err: "" };
    child.stdout.on("data", (chunk) => (result.out += chunk));
    child.stderr.on("data", (chunk) => (result.err += chunk));
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    started?.(child);
    return new Promise((resolve) => child.on("close", (code) => resolve({ code, ...result })));
  }

  return {
    folder,
    command,
    path: (name: string) => join(folder, name),
    run,
    copy: (from: string, to: string, ...more: string[]) => run(["copy", "--from", from, "--to", to, ...more]),
  };
}

/** The number in a line of the summary. */
export function counted({ err }: Result, what: string): number {
  const [, number = "NaN"] =
    new RegExp(what === "copied" ? /cop(?:ied|y) ([\d,]+) entr/i : `${what} +([\\d,]+)`).exec(err) ?? [];
  return Number(number.replaceAll(",", ""));
}

export type Line = { collection: string; key: string; value: unknown; createdAt?: number; expiresAt?: number };

/** The entries of a file, without what the file says about itself. */
export function linesOf(text: string): Line[] {
  const lines = text.split("\n").filter(Boolean);
  return lines
    .map((line) => JSON.parse(line))
    .filter((line) => "collection" in line)
    .map(({ "edge-key-value": _, ...line }) => line);
}

export const dump = (lines: readonly unknown[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join("");

export const numbered = (count: number): Line[] =>
  Array.from({ length: count }, (_, i) => ({ collection: `c${i % 3}`, key: `k${i}`, value: { i } }));
