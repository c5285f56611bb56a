import { KeyValueError } from "../core/errors.ts";
import { after, type Draft, entryPage, type Place } from "./entry-page.ts";
import { html } from "./html.ts";
import type { Inspected } from "./inspected.ts";
import { lookUp } from "./lookup.ts";
import { problem, told } from "./notes.ts";
import type { Page } from "./page.ts";

/** What a write leads to: another page, or the same one with a problem. */
export type Written = { readonly location: string } | { readonly page: Page };

/** Writes the value that was typed, if the entry is still the one that the page showed. */
export async function save(
  inspected: Inspected,
  place: Place,
  params: URLSearchParams,
  token: string,
): Promise<Written> {
  const { store } = inspected;
  const { collection, key } = place;
  const draft: Draft = {
    text: params.get("value") ?? "",
    ttl: params.get("ttl")?.trim() ?? "",
    forever: params.has("forever"),
  };
  const found = await lookUp(store, collection, key);
  const refuse = (status: number, content: Parameters<typeof problem>[0]): Written => ({
    page: entryPage(inspected, place, found, { status, note: problem(content), draft, token }),
  });
  const lost = () =>
    refuse(409, "The entry has changed since the page showed it. Nothing was written. It is now as shown below.");

  if (found.state === "damaged" || found.version !== params.get("version")) return lost();
  let value: unknown;
  try {
    value = JSON.parse(draft.text);
  } catch {
    return refuse(400, "This is not JSON. Nothing was written.");
  }
  const kept = found.state === "present" ? (found.ttl ?? undefined) : undefined;
  const ttl = draft.forever ? undefined : draft.ttl === "" ? kept : Number(draft.ttl);
  try {
    if (!store.putIfVersion) await store.put(key, value, { collection, ttl });
    else if ((await store.putIfVersion(key, value, found.version || null, { collection, ttl })) === null) {
      const now = await lookUp(store, collection, key);
      const note = problem("Another writer was faster. Nothing was written. The entry is now as shown below.");
      return { page: entryPage(inspected, place, now, { status: 409, note, draft, token }) };
    }
  } catch (error) {
    if (!(error instanceof KeyValueError)) throw error;
    return refuse(400, html`${told(error)}`);
  }
  return { location: after({ collection, key }, "saved") };
}

/** Deletes an entry, if it is still the one that the page showed. A damaged entry is deleted whatever it is. */
export async function remove(
  inspected: Inspected,
  { collection, key }: Place,
  params: URLSearchParams,
  token: string,
): Promise<Written> {
  const { store } = inspected;
  const found = await lookUp(store, collection, key);
  if (found.state === "missing") return { location: after({ collection }, "gone") };
  if (found.version === params.get("version")) {
    const removed =
      found.state === "damaged" || !store.deleteIfVersion
        ? store.delete(key, { collection }).then(() => true)
        : store.deleteIfVersion(key, found.version, { collection });
    if (await removed) return { location: after({ collection }, "deleted") };
  }
  const now = await lookUp(store, collection, key);
  const note = problem(
    "The entry has changed since the page showed it. Nothing was deleted. It is now as shown below.",
  );
  return { page: entryPage(inspected, { collection, key }, now, { status: 409, note, token }) };
}
