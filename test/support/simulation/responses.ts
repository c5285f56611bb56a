import { cachedResponse } from "../../../src/cached-response.ts";
import { sleep } from "../caching.ts";
import { callWhileChanging, hard, type Pace, type Places, RUN, tellFrom } from "./results.ts";
import { isolatesOf, type Scenario, scenario } from "./scenario.ts";
import type { World } from "./world.ts";

/** What visitors' requests may say, by the name of the header. */
const CHOICES = { "accept-language": ["en", "de", "fr"], theme: ["light", "dark"] } as const;

/**
 * Requests for a page that varies by one header, or by two, while its content changes. A simulation fails if a visitor ever gets
 * a page that was made for other headers than theirs. With `isTold`, the page has a tag that is invalidated after each change.
 */
export function responses(
  what: string,
  promise: string,
  bound: number,
  make: (world: World) => Places,
  pace: Pace,
  { isTold = false, off = 0 }: { isTold?: boolean; off?: number } = {},
): Scenario {
  return scenario(what, promise, bound, async (world) => {
    const source = { version: 0 };
    const { store, tagStore } = make(world);
    const isolates = isolatesOf(() => {
      const [results, tags] = [store(), tagStore?.()];
      const page = cachedResponse((request: Request) => made(world, source, request, isTold), {
        store: results,
        ...(tags && { tagStore: tags }),
      });
      const get = () => visit(world, (request) => page.with({})(request));
      return { get, off: world.between(-off, off), stamps: tags ?? results };
    });
    const tell = async () => isTold && (await tellFrom(world, isolates, hard));
    return await callWhileChanging(world, isolates, source, tell, pace);
  });
}

/** Makes the page. From one version to the next it varies by other headers. */
async function made(
  world: World,
  source: { readonly version: number },
  request: Request,
  isTold: boolean,
): Promise<Response> {
  const { version } = source;
  await sleep(world.between(20, RUN));
  const vary = version % 2 === 0 ? ["accept-language"] : ["accept-language", "theme"];
  const age = isTold ? "max-age=3600" : "max-age=10, stale-while-revalidate=20";
  const headers = { "cache-control": age, vary: vary.join(", "), ...(isTold && { "cache-tag": "t" }) };
  const body = { version, madeFor: Object.fromEntries(vary.map((name) => [name, request.headers.get(name)])) };
  return Response.json(body, { headers });
}

/** Asks for the page with some headers, and returns its version. */
async function visit(world: World, page: (request: Request) => Promise<Response>): Promise<number> {
  const headers = Object.fromEntries(Object.entries(CHOICES).map(([name, values]) => [name, world.pick(values)]));
  const response = await page(new Request("https://page.example/", { headers }));
  const { version, madeFor } = (await response.json()) as { version: number; madeFor: Record<string, string> };
  for (const [name, value] of Object.entries(madeFor)) {
    if (headers[name] !== value) throw new Error(`a visitor with ${name}: ${headers[name]} got the page for ${value}`);
  }
  return version;
}
