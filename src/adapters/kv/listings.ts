import { addressPrefix, joinAddress, splitAddress } from "../../core/address.ts";
import type { Driver } from "../../core/driver.ts";
import { live } from "../../core/entry.ts";
import { KeyValueError } from "../../core/errors.ts";
import { pageOf } from "../../core/order.ts";
import type { WorkersKV, WorkersKVList } from "./binding.ts";
import { callEach, kvFailure, NAME } from "./calls.ts";
import { readMetadata } from "./metadata.ts";
import { shortName, shortPrefix } from "./names.ts";

/** What every store in Workers KV can do. */
export type ListCapability = "listKeys" | "listCollections" | "destroyCollection";

/** Names that KV returns at most in one call: developers.cloudflare.com/kv/api/list-keys. */
const PAGE_NAMES = 1000;

/** A name in the namespace. */
interface Listed {
  readonly name: string;
  /** The key, or the name where it is not one that this adapter writes. */
  readonly key: string;
  /** Where the entry is, unless it has expired or the name is not one that this adapter writes. */
  readonly address: readonly [collection: string, key: string] | undefined;
}

/** The listings of a store whose names start with `ownPrefix`, and what destroys them. */
export function kvListings(
  kv: WorkersKV,
  ownPrefix: string,
  lanes: number,
): Pick<Driver<ListCapability | "destroy">, ListCapability> & Partial<Pick<Driver<"destroy">, "destroy">> {
  async function list(options: Parameters<WorkersKV["list"]>[0]): Promise<WorkersKVList> {
    try {
      return await kv.list(options);
    } catch (error) {
      // Prefix and limit are always right, so a page that KV refuses has a wrong cursor.
      if (!options.cursor || !/\b400\b/.test(String(error))) throw kvFailure(error);
      throw new KeyValueError("invalid_cursor", "Workers KV refuses the cursor", { store: NAME, cause: error });
    }
  }

  /** Yields the names that start with `prefix`, page after page, each with the cursor of the next. */
  async function* pages(prefix: string, cursor?: string, limit = PAGE_NAMES) {
    let next = cursor;
    do {
      const options = { prefix: shortPrefix(prefix), limit: Math.min(limit, PAGE_NAMES), cursor: next ?? null };
      const page = await list(options);
      next = page.list_complete ? undefined : page.cursor;
      const listed: Listed[] = [];
      for (const { name, metadata } of page.keys) {
        const known = readMetadata(metadata) ?? {};
        const whole = await wholeNameOf(name, known.whole);
        if (!whole.startsWith(prefix)) continue;
        const address = splitAddress(whole.slice(ownPrefix.length));
        listed.push({ name, key: address?.[1] ?? name, address: live(known) && address });
      }
      yield [listed, next] as const;
    } while (next !== undefined);
  }

  /** Removes every name that starts with `prefix`, also those that this adapter does not write; true if it removed an entry. */
  async function destroyAll(prefix: string, collection?: string): Promise<boolean> {
    let any = false;
    for await (const [listed] of pages(prefix)) {
      const removes = listed.map(({ name, key }) => [key, async () => await kv.delete(name)] as const);
      await callEach(collection, removes, lanes);
      any ||= listed.some(({ address }) => address);
    }
    return any;
  }

  return {
    async listKeys(collection, { prefix = "", cursor, limit }) {
      for await (const [listed, next] of pages(ownPrefix + addressPrefix(collection, prefix), cursor, limit)) {
        const names = listed.flatMap(({ address }) => (address?.[1].startsWith(prefix) ? address[1] : []));
        if (names.length > 0) return { names, cursor: next };
      }
      return { names: [] };
    },

    async listCollections(page) {
      const names = new Set<string>();
      for await (const [listed] of pages(ownPrefix)) {
        for (const { address } of listed) if (address) names.add(address[0]);
      }
      return pageOf(names, page);
    },

    destroyCollection: (collection) => destroyAll(ownPrefix + joinAddress(collection, ""), collection),
    ...(ownPrefix !== "" && { destroy: () => destroyAll(ownPrefix) }),
  };
}

/** Returns the name that a short one stands for. Metadata may claim any name, so the claim is checked. */
async function wholeNameOf(name: string, claimed: string | undefined): Promise<string> {
  return claimed !== undefined && (await shortName(claimed)) === name ? claimed : name;
}
