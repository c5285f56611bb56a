import type { DriverPage } from "../src/core/driver.ts";
import type { Page } from "../src/core/protocol.ts";

/** How many names to ask for at a time. */
const PAGE = 500;

/** Yields pages of distinct names, at most `limit` names in all. */
async function* pagesOf(
  list: (page: DriverPage) => PromiseLike<Page> | Page,
  {
    prefix,
    limit = Number.POSITIVE_INFINITY,
  }: { readonly prefix?: string | undefined; readonly limit?: number | undefined },
): AsyncGenerator<readonly string[], void, undefined> {
  const seen = new Set<string>();
  let cursor: string | undefined;
  do {
    const page = await list({ prefix: prefix || undefined, cursor, limit: Math.min(PAGE, limit - seen.size) });
    // Redis may repeat names.
    const names = page.names.filter((name) => !seen.has(name));
    for (const name of names) seen.add(name);
    if (names.length > 0) yield names;
    cursor = page.cursor;
  } while (cursor !== undefined && seen.size < limit);
}

/** Like `pagesOf`, and reports whether there are more names than `limit`. */
export async function firstOf(
  list: (page: DriverPage) => PromiseLike<Page> | Page,
  { prefix, limit }: { readonly prefix?: string | undefined; readonly limit: number },
): Promise<{ readonly names: readonly string[]; readonly more: boolean }> {
  const names: string[] = [];
  for await (const page of pagesOf(list, { prefix, limit: limit + 1 })) names.push(...page);
  return { names: names.slice(0, limit), more: names.length > limit };
}
