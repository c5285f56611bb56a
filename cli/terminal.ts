/** Control characters, which a terminal obeys, and those that change the direction of the text around them. */
const UNSAFE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** Writes unsafe characters as JSON does, line breaks included. JSON text stays the same JSON. */
export function visible(text: string): string {
  return text.replace(UNSAFE, escaped);
}

/** Writes to standard error. Only line breaks pass unescaped. */
export function say(text: string): void {
  process.stderr.write(text.split("\n").map(visible).join("\n"));
}

/** Writes to standard output, and waits until the reader has taken the text. */
export function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

/** What a shell reports for a program that wrote into a closed pipe: 128 and the number of SIGPIPE. */
const BROKEN_PIPE = 141;

/** Ends the process quietly when the reader of standard output is gone, such as `head`. */
export function endWithReader(): void {
  process.stdout.on("error", ({ code, message }: NodeJS.ErrnoException) => {
    // Windows calls it EOF.
    if (code === "EPIPE" || code === "EOF") process.exit(BROKEN_PIPE);
    say(`Error: standard output: ${message}\n`);
    process.exit(1);
  });
  process.stderr.on("error", () => {});
}
