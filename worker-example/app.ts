import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { csrf } from "hono/csrf";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";
import { cached } from "../src/cached.ts";
import { type AsyncKeyValue, KeyValueError, type Store, toDriver } from "../src/index.ts";
import { endSession, rotateSession } from "../src/interop/hono-session.ts";
import { inspect } from "./inspect.ts";
import { dashboard, message, signIn } from "./pages.ts";
import { loadSales, type Sales } from "./sales.ts";
import { type Env, sessionsIn, userOf } from "./session.ts";
import { css } from "./style.ts";

/** What the app needs. Whoever deploys it chooses the backend of each store. */
export interface AppOptions {
  /** Keeps the sessions. It needs atomic operations. */
  readonly sessions: Store<"swap">;
  /** Encrypts the ids of sessions in cookies. */
  readonly secret: string;
  /** Keeps the slow report. Any store will do. */
  readonly cache: AsyncKeyValue;
  /** Opens `/inspect/sessions` and `/inspect/cache`, where the stores can be looked into. Default: there are no such pages. */
  readonly inspectorPassword?: string | undefined;
  /** Loads the report. Default: takes more than a second. */
  readonly load?: () => Promise<Sales>;
}

const CACHE_SECONDS = 60;
const NAME_LENGTH = 40;

/** Makes the example app: people sign in and see a dashboard with cached data. */
export function createApp({ sessions, secret, cache, inspectorPassword, load = loadSales }: AppOptions): Hono<Env> {
  const app = new Hono<Env>();
  const sales = cached(cache, load, { key: () => "sales", ttl: CACHE_SECONDS });
  const salesFor = (c: Context<Env>) => {
    try {
      return sales.with(c.executionCtx);
    } catch {
      // Hono has one on Workers alone.
      return sales;
    }
  };
  const stores = { sessions: toDriver(sessions), cache: toDriver(cache) };

  // They come first, as they have security headers of their own.
  if (inspectorPassword) {
    app.all("/inspect/sessions", inspect(sessions, "Sessions", inspectorPassword));
    app.all("/inspect/cache", inspect(cache, "Cache", inspectorPassword));
  }

  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        imgSrc: ["data:"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
      xFrameOptions: "DENY",
      // `csrf()` checks the origin of a form, which browsers only send along with a referrer.
      referrerPolicy: "same-origin",
    }),
  );
  app.use(csrf());
  app.use(bodyLimit({ maxSize: 4096 }));
  app.use(async (c, next) => {
    await next();
    if (!c.res.headers.has("Cache-Control")) c.res.headers.set("Cache-Control", "no-store");
  });

  app.use(...sessionsIn(sessions, secret));

  app.get("/", async (c) => {
    const user = await userOf(c);
    if (!user) return c.redirect("/sign-in", 303);
    const started = Date.now();
    const report = await salesFor(c).withInfo();
    return c.html(dashboard({ user, report, took: Date.now() - started, stores }));
  });

  app.get("/sign-in", async (c) => ((await userOf(c)) ? c.redirect("/", 303) : c.html(signIn())));

  app.post("/sign-in", async (c) => {
    const { name } = await c.req.parseBody().catch(() => ({ name: undefined }));
    const trimmed = typeof name === "string" ? name.trim() : "";
    if (trimmed === "" || trimmed.length > NAME_LENGTH) {
      return c.html(signIn({ name: trimmed, problem: `Please enter a name of 1 to ${NAME_LENGTH} characters.` }), 400);
    }
    await rotateSession(c, { name: trimmed });
    return c.redirect("/", 303);
  });

  app.post("/sign-out", async (c) => {
    await endSession(c);
    return c.redirect("/sign-in", 303);
  });

  app.post("/refresh", async (c) => {
    if (await userOf(c)) await salesFor(c).refresh();
    return c.redirect("/", 303);
  });

  app.get("/style.css", (c) => {
    c.header("Cache-Control", "public, max-age=300");
    return c.body(css, 200, { "Content-Type": "text/css; charset=utf-8" });
  });

  app.notFound((c) => c.html(message("Not found", "There is no page at this address."), 404));

  app.onError((error, c) => {
    if (error instanceof HTTPException) {
      return c.html(message("Refused", "This form was not sent from this site, or it was too large."), error.status);
    }
    console.error(error);
    return error instanceof KeyValueError
      ? c.html(message("Out of order", "A store did not answer as it should. Please try again in a moment."), 503)
      : c.html(message("Something went wrong", "Please try again in a moment."), 500);
  });

  return app;
}
