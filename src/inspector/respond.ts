import type { Awaitable } from "../core/driver.ts";
import { KeyValueError } from "../core/errors.ts";
import { unheard } from "../core/promises.ts";
import { entryPage } from "./entry-page.ts";
import { cookieFor, isFromThisSite, newToken, tokenOf } from "./forgery.ts";
import { formOf } from "./form.ts";
import type { Inspected } from "./inspected.ts";
import { collectionPage, homePage } from "./listing-pages.ts";
import { lookUp } from "./lookup.ts";
import { fieldOf } from "./names.ts";
import { failurePage, messagePage, noteOf } from "./notes.ts";
import { bareResponse, type Page, pageResponse } from "./page.ts";
import { statisticsPage } from "./statistics-page.ts";
import { remove, save } from "./writes.ts";

type Access = "read" | "write";

/** What a handler has been made with. */
export interface Settings {
  readonly inspected: Inspected;
  readonly title: string;
  readonly authorize: (request: Request, access: Access) => Awaitable<boolean | Response>;
  readonly onError: ((error: unknown, request: Request) => void) | undefined;
}

/** What a form asks for, by the `do` in its address. Names that are too long for a link are sent by forms that only read. */
const ACTIONS: Readonly<Record<string, Access>> = { view: "read", raw: "read", save: "write", delete: "write" };

const ALLOW = { allow: "GET, HEAD, POST, OPTIONS" };

/** Responds to any request. */
export async function respond(request: Request, settings: Settings): Promise<Response> {
  switch (request.method) {
    case "GET":
      return await get(request, settings);
    case "HEAD": {
      const { status, headers } = await get(request, settings);
      return new Response(null, { status, headers });
    }
    case "POST":
      return await post(request, settings);
    case "OPTIONS":
      return bareResponse(204, ALLOW);
    default:
      return bareResponse(405, ALLOW, "Method not allowed");
  }
}

async function get(request: Request, settings: Settings): Promise<Response> {
  const refused = await refusal(request, "read", settings);
  if (refused) return refused;
  const { searchParams } = new URL(request.url);
  return await guarded(request, settings, () => show(request, searchParams, settings));
}

async function post(request: Request, settings: Settings): Promise<Response> {
  const page = (status: number, title: string, content: string) =>
    pageResponse(messagePage(status, title, content), settings.title);
  const action = new URL(request.url).searchParams.get("do") ?? "";
  const access = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  const refused = await refusal(request, access ?? "write", settings);
  if (refused) return refused;
  if (!access) return page(404, "Not found", "There is no such action.");
  if (!isFromThisSite(request)) return page(403, "Refused", "This form was not sent from a page of this site.");
  if (access === "write" && !settings.inspected.writable) return page(403, "Refused", "This inspector only reads.");

  const form = await formOf(request);
  if (form === 413) return page(413, "Refused", "This is too much for a form.");
  if (form === 415) return page(415, "Refused", "Only forms are accepted here.");
  if (access === "read") {
    if (action === "raw") form.set("raw", "");
    return await guarded(request, settings, () => show(request, form, settings));
  }
  const token = tokenOf(request);
  if (token === undefined || form.get("token") !== token) {
    return page(403, "Refused", "This page is out of date, or the browser keeps no cookies. Open it again and repeat.");
  }
  const [collection, key] = [fieldOf(form, "collection"), fieldOf(form, "key")];
  if (collection === undefined || key === undefined) return page(400, "Refused", "The form has no key.");
  return await guarded(request, settings, async () => {
    const write = action === "save" ? save : remove;
    const written = await write(settings.inspected, { collection, key }, form, token);
    return "location" in written ? bareResponse(303, { location: written.location }) : written.page;
  });
}

/** Finds the page for the fields of an address or a form. */
async function show(request: Request, params: URLSearchParams, settings: Settings): Promise<Page | Response> {
  const { inspected } = settings;
  const { store, writable } = inspected;
  if (params.has("statistics") && store.snapshot) return statisticsPage(store.snapshot());
  const collection = fieldOf(params, "collection");
  if (collection === undefined) return homePage(inspected, params);
  // A person who leaves the field for a key empty wants to see all keys. A link to the empty key has `key`.
  const key = fieldOf(params, "key") ?? (params.get("find") || undefined);
  if (key === undefined) return collectionPage(inspected, params, collection);

  const found = await lookUp(store, collection, key);
  if (params.has("raw") && found.state === "present") return download(found.value);
  const place = { collection, key };
  const isWriter = writable && (await settings.authorize(request, "write")) === true;
  if (!isWriter) return entryPage(inspected, place, found, { note: noteOf(params) });
  const known = tokenOf(request);
  const token = known ?? newToken();
  const page = entryPage(inspected, place, found, { note: noteOf(params), token });
  return known === undefined ? { ...page, cookie: cookieFor(request, token) } : page;
}

function download(value: unknown): Response {
  const headers = {
    "content-type": "application/json; charset=utf-8",
    "content-disposition": 'attachment; filename="value.json"',
  };
  return bareResponse(200, headers, JSON.stringify(value));
}

/** Returns the response for a caller who may not do this. Only `true` allows it. */
async function refusal(request: Request, access: Access, settings: Settings): Promise<Response | undefined> {
  const decision = await settings.authorize(request, access);
  if (decision === true) return undefined;
  if (decision instanceof Response) return decision;
  return pageResponse(messagePage(403, "Not allowed", "You may not do this here."), settings.title);
}

/** Turns a failure into a page. */
async function guarded(
  request: Request,
  { title, onError }: Settings,
  make: () => Promise<Page | Response>,
): Promise<Response> {
  let made: Page | Response;
  try {
    made = await make();
  } catch (error) {
    if (onError && !(error instanceof KeyValueError)) unheard(() => onError(error, request));
    made = failurePage(error);
  }
  return made instanceof Response ? made : pageResponse(made, title);
}
