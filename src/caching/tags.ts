import { refuse } from "../core/checks.ts";
import type { ReadOptions } from "../core/driver.ts";
import type { Entry } from "../core/entry.ts";
import type { Result, Tag } from "./results.ts";
import { NO_STAMP, NO_STAMPS, type Place, readWithStamps, type Stamps, TAGGED_LIFE } from "./stamps.ts";

/** An invalidation so many milliseconds before a function was called may have been after it, by clocks that disagree. */
const CLOCK_SKEW = 10_000;

/** The most keys whose tags an isolate remembers. */
const MOST_HINTS = 2000;

/** What tags do to the results of a place. */
export interface Tags {
  /** Whether results of this key are known to have tags. */
  known(key: string): boolean;
  /** Whether results of this key are known to have a tag whose stamp is not among these. */
  lacks(key: string, stamps: Stamps | undefined): boolean;
  /** Reads entries, with the stamps of the tags that they had when they were last seen. */
  read(
    keys: readonly string[],
    options?: ReadOptions,
  ): Promise<{ entries: readonly (Entry | undefined)[]; stamps: Stamps }>;
  /** The stamps, and those of tags that are not among them. */
  complete(tags: readonly string[], stamps: Stamps | undefined, options?: ReadOptions): Promise<Stamps>;
  /** A result as stamps leave it: as it is, stale, or nothing where a tag was invalidated. */
  judge(key: string, result: Result, stamps: Stamps): Result | undefined;
  /**
   * Tags with the stamps from before a function was called, for each key. Nothing where that is not known of a tag that
   * was invalidated at about that time: the result may be older than the invalidation.
   */
  mark(
    items: readonly (readonly [key: string, tags: readonly string[]])[],
    before: Stamps | undefined,
    called: number,
  ): Promise<readonly (readonly Tag[] | undefined)[]>;
}

/** An isolate remembers which tags a key has, so that a hit is one bulk read. */
export function tagsOf(results: Place, place: Place): Tags {
  const hints = new Map<string, readonly string[]>();

  function remember(key: string, tags: readonly string[]): void {
    hints.delete(key);
    if (tags.length > 0) hints.set(key, tags);
    if (hints.size > MOST_HINTS) hints.delete(hints.keys().next().value as string);
  }

  const complete: Tags["complete"] = async (tags, stamps = NO_STAMPS, options) => {
    const unread = [...new Set(tags)].filter((tag) => !stamps.has(tag));
    if (unread.length === 0) return stamps;
    const { stamps: more } = await readWithStamps(results, [], place, unread, options);
    return new Map([...stamps, ...more]);
  };

  return {
    known: (key) => hints.has(key),
    lacks: (key, stamps) => hints.get(key)?.some((tag) => !stamps?.has(tag)) === true,
    complete,

    async read(keys, options) {
      const { driver, collection } = results;
      const tagged = keys.filter((key) => hints.has(key));
      if (tagged.length === 0) return { entries: await driver.read(collection, keys, options), stamps: NO_STAMPS };
      const tags = new Set(tagged.flatMap((key) => hints.get(key) ?? []));
      return await readWithStamps(results, keys, place, [...tags], options);
    },

    judge(key, result, stamps) {
      const { tags, at, fresh } = result;
      if (!tags) return result;
      remember(
        key,
        tags.map(([name]) => name),
      );
      if (Date.now() > at + TAGGED_LIFE) return undefined;
      // A stamp that has expired is older than every result that is still used.
      const changed = tags.filter(([name, id = ""]) => ![undefined, "", id].includes(stamps.get(name)?.id));
      if (changed.some(([name, , gone = ""]) => stamps.get(name)?.gone !== gone)) return undefined;
      const since = changed.map(([name]) => stamps.get(name)?.at ?? 0);
      return changed.length > 0 ? { ...result, fresh: Math.min(fresh, Date.now(), ...since) } : result;
    },

    async mark(items, before, called) {
      const names = items.flatMap(([, tags]) => tags);
      const stamps = await complete(names, before, { fresh: true });
      return items.map(([key, tags]) => {
        remember(key, tags);
        const isUnsure = (tag: string): boolean =>
          !before?.has(tag) && (stamps.get(tag)?.at ?? 0) > called - CLOCK_SKEW;
        if (tags.some(isUnsure)) return undefined;
        return tags.map((tag): Tag => {
          const { id, gone } = stamps.get(tag) ?? NO_STAMP;
          return id ? [tag, id, gone] : [tag];
        });
      });
    },
  };
}

/** Whether a stamp has changed between two moments. */
export function haveChanged(before: Stamps | undefined, after: Stamps | undefined): boolean {
  return [...(before ?? [])].some(([tag, { id }]) => after?.has(tag) && after.get(tag)?.id !== id);
}

/** Whether all stamps are known at a later moment, and are still the same. */
export function haveStayed(before: Stamps | undefined, after: Stamps | undefined): boolean {
  return before !== undefined && [...before].every(([tag, { id }]) => after?.get(tag)?.id === id);
}

/** The stamps that tags were marked with. */
export function stampsOf(tags: readonly Tag[]): Stamps {
  return new Map(tags.map(([name, id = "", gone = ""]) => [name, { id, gone, at: 0 }]));
}

/** Whether a stored value is a list of tags. */
export function areTags(value: unknown): value is readonly Tag[] {
  const isTag = (tag: unknown): boolean => Array.isArray(tag) && tag.every((part) => typeof part === "string");
  return Array.isArray(value) && value.every((tag) => isTag(tag) && tag.length > 0);
}

/** Returns a list of tags without repetitions. */
export function checkedTags(tags: unknown): string[] {
  const isList = Array.isArray(tags) && tags.every((tag) => typeof tag === "string" && tag !== "");
  return isList ? [...new Set<string>(tags)] : refuse("tags", "an array of strings that are not empty");
}

/** The most segments in the tag of a beginning: a visitor who asks for a long path must not make a cache read many stamps. */
const MOST_SEGMENTS = 16;

/**
 * The tags of a URL's path and of the paths above it, for a cache whose pages are to be invalidated by the beginning of
 * their path: `path:/`, `path:/docs`, `path:/docs/intro`. Beginnings have at most 16 segments.
 *
 * @example
 * ```ts
 * import { pathTags } from "edge-key-value/cache-tags";
 *
 * pathTags("https://example.com/docs/intro?page=2"); // => ["path:/", "path:/docs", "path:/docs/intro"]
 * ```
 */
export function pathTags(url: string | URL): string[] {
  const segments = new URL(url).pathname.split("/").filter((segment) => segment !== "");
  const tagOf = (length: number): string => `path:/${segments.slice(0, length).join("/")}`;
  const beginnings = Array.from({ length: Math.min(segments.length, MOST_SEGMENTS) }, (_, i) => tagOf(i + 1));
  return [...new Set(["path:/", ...beginnings, tagOf(segments.length)])];
}
