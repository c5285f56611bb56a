import { createInterface } from "node:readline/promises";
import { visible } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

/** Asks a question at the terminal. Only `y` and `yes` mean yes; without a terminal nobody can say so. */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new UsageError("this needs a confirmation, and there is no terminal: use --yes");
  }
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // Ctrl+C and Ctrl+D close it.
  const closed = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
  try {
    const answer = await Promise.race([lines.question(`${visible(question)} [y/N] `), closed]);
    return /^y(?:es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}
