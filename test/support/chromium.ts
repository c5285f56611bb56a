/** The Chromium of this machine, for tests in a browser. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { describe, it } from "#test";

/** Where Chromium is, if it is anywhere. */
export const chromiumPath = ["/usr/bin", ...(process.env.PATH ?? "").split(delimiter)]
  .flatMap((folder) => [join(folder, "chromium"), join(folder, "chromium-browser")])
  .find((path) => existsSync(path));

export const withoutChromium = "there is no chromium; install it with `apt-get install chromium`";

/** Tests in Chromium. Without it, one skipped test says what to install. */
export function describeInChromium(title: string, body: () => void): void {
  if (chromiumPath) describe(title, body);
  else describe(title, () => it.skip(withoutChromium, () => {}));
}

/** Starts Chromium, which may be root's, and which must not look for anything on the network by itself. */
export function launchChromium(): Promise<Browser> {
  const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"];
  args.push("--disable-background-networking", "--disable-component-update");
  return chromium.launch({ executablePath: chromiumPath as string, args });
}
