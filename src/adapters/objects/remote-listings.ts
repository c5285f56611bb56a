import type { Capabilities, DriverPage } from "../../core/driver.ts";
import type { Page } from "../../core/protocol.ts";
import { mergePages, toPage, toRequest } from "./name-pages.ts";
import type { Remote } from "./remote.ts";
import { CULL_ROWS, type NamesPage, type NamesRequest } from "./wire.ts";

/** The operations on a whole collection or the whole store, as far as the placement can name the objects. */
export function remoteListings(remote: Remote): Partial<Omit<Capabilities, "swap">> {
  const { objectsOf, all } = remote.placement;
  return { ...(objectsOf && overCollection(remote, objectsOf)), ...(all && overAll(remote, all)) };
}

function overCollection(
  remote: Remote,
  objectsOf: (collection: string) => readonly string[],
): Pick<Capabilities, "listKeys" | "destroyCollection"> {
  const { caller, told } = remote;
  return {
    listKeys: (collection, page) =>
      mergedPage(remote, collection, page, objectsOf(collection), (object, request) =>
        caller.call(object, "listKeys", collection, request),
      ),

    destroyCollection(collection) {
      return told({ collection }, async () => {
        const had = objectsOf(collection).map((object) => caller.call(object, "destroyCollection", collection));
        return (await Promise.all(had)).includes(true);
      });
    },
  };
}

function overAll(remote: Remote, all: readonly string[]): Pick<Capabilities, "listCollections" | "destroy" | "cull"> {
  const { caller, told } = remote;
  return {
    listCollections: (page) =>
      mergedPage(remote, undefined, page, all, (object, request) => caller.call(object, "listCollections", request)),

    /** The first object goes last: as long as it knows the number of shards, a store with another number is refused. */
    destroy() {
      const [first, ...others] = all as readonly [string, ...string[]];
      return told({}, async () => {
        await caller.renew();
        const had = await Promise.all(others.map((object) => caller.call(object, "destroy")));
        return [...had, await caller.call(first, "destroy")].includes(true);
      });
    },

    cull() {
      return told({}, async () => {
        const counts = all.map(async (object) => {
          for (let culled = 0; ; ) {
            const part = await caller.call(object, "cull", CULL_ROWS);
            culled += part.culled;
            if (!part.more) return culled;
          }
        });
        return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
      });
    },
  };
}

async function mergedPage(
  { store, told }: Remote,
  collection: string | undefined,
  page: DriverPage,
  objects: readonly string[],
  ask: (object: string, request: NamesRequest) => Promise<NamesPage>,
): Promise<Page> {
  const request = toRequest(page, { store, collection });
  const pages = await told({ collection }, () => Promise.all(objects.map((object) => ask(object, request))));
  return toPage(mergePages(pages, request.limit));
}
