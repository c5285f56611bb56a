/** What an inspector takes, and what must not compile. Checked by the compiler, never run. */
import type { AsyncKeyValue } from "../../src/index.ts";
import { type InspectorAccess, inspector } from "../../src/inspector.ts";

declare const store: AsyncKeyValue;

export const page: (request: Request) => Promise<Response> = inspector(store, {
  authorize: async (request, access: InspectorAccess) =>
    access === "read" || request.headers.has("authorization") || new Response("Who are you?", { status: 401 }),
  writable: true,
  title: "Production",
  pageSize: 100,
  onError: (error, request) => console.error(request.url, error),
});

export function mistakes(): void {
  // @ts-expect-error: somebody has to decide who may use it
  inspector(store, {});
  // @ts-expect-error: a decision is needed for every request
  inspector(store, { authorize: true });
  // @ts-expect-error: undefined is no decision
  inspector(store, { authorize: () => undefined });
  // @ts-expect-error: there is no such option
  inspector(store, { authorize: () => true, readOnly: false });
}
