import { readFileSync } from "node:fs";
import { UsageError } from "./usage-error.ts";

/** Returns an address. `@path` stands for the one in a file, so that its password is not on the command line. */
export function addressOf(given: string | undefined, option: string): string {
  if (!given) throw new UsageError(`${option} is missing`);
  if (!given.startsWith("@")) return given;
  const path = given.slice(1);
  try {
    const address = readFileSync(path, "utf8").trim();
    if (address !== "") return address;
  } catch (error) {
    throw new UsageError(`${option}: ${path}: ${(error as Error).message}`);
  }
  throw new UsageError(`${option}: ${path} is empty`);
}

/** Parses an address. The messages never show it, since it may contain a secret. */
export function urlOf(address: string, option: string): URL | undefined {
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  try {
    for (const part of [url.username, url.password, url.pathname]) decodeURIComponent(part);
  } catch {
    throw new UsageError(`${option}: write a % in a user name, password or path as %25`);
  }
  if (/^rediss?:$/.test(url.protocol) && !/^\/?\d{0,9}$/.test(url.pathname)) {
    throw new UsageError(`${option}: the database at the end of a Redis address must be a number`);
  }
  return url;
}

/** Returns the path in `file:path` or `sqlite:path`. */
export function pathOf(address: string): string {
  const path = address.replace(/^\w+:/, "").replace(/^\/\/(?=\/)/, "");
  if (path !== "" && !path.startsWith("//")) return path;
  throw new UsageError("a file is file:dump.ndjson or file:/tmp/dump.ndjson");
}
