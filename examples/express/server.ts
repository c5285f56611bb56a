import type { AddressInfo } from "node:net";
import { sqliteStore } from "edge-key-value/adapters/sqlite";
import { expressRateLimitStore } from "edge-key-value/interop/express-rate-limit";
import { expressSessionStore } from "edge-key-value/interop/express-session";
import express, { type ErrorRequestHandler } from "express";
import { rateLimit } from "express-rate-limit";
import session from "express-session";

declare module "express-session" {
  interface SessionData {
    user: string;
    [item: `cart:${string}`]: number;
  }
}

const { DATABASE = "data.db", NODE_ENV, PASSWORD = "correct horse battery staple", PORT = "3000" } = process.env;
const { SESSION_SECRET = "for local development only" } = process.env;
if (NODE_ENV === "production" && (!process.env.SESSION_SECRET || !process.env.PASSWORD)) {
  throw new Error("Set SESSION_SECRET and PASSWORD");
}

const store = sqliteStore(DATABASE);
// Reads never return what has expired. This also frees the space.
setInterval(() => store.cull().catch(console.error), 60 * 60 * 1000).unref();

const app = express();
app.disable("x-powered-by");
// Behind one proxy: its header has the client's address and protocol. Without a proxy a client could forge that header.
if (NODE_ENV === "production") app.set("trust proxy", 1);

app.use((_request, response, next) => {
  response.set({
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
  });
  next();
});
app.use(express.json({ limit: "16kb" }));
app.use(
  session({
    store: expressSessionStore(session.Store, store),
    secret: SESSION_SECRET,
    cookie: { maxAge: 30 * 60 * 1000, httpOnly: true, secure: "auto", sameSite: "lax" },
    rolling: true,
    resave: false,
    saveUninitialized: false,
  }),
);

app.get("/", ({ session }, response) => {
  const cart = Object.entries(session).filter(([name]) => name.startsWith("cart:"));
  response.json({
    user: session.user ?? null,
    cart: Object.fromEntries(cart.map(([name, count]) => [name.slice(5), count])),
  });
});

// Five attempts a minute for each address, also when several processes serve the app.
const fewAttempts = rateLimit({
  windowMs: 60_000,
  limit: 5,
  standardHeaders: "draft-8",
  legacyHeaders: false,
  store: expressRateLimitStore(store),
  message: { error: "too many attempts" },
});

app.post("/sign-in", fewAttempts, (request, response, next) => {
  const { user, password } = request.body ?? {};
  if (typeof user !== "string" || !/^[\w.@-]{1,40}$/.test(user)) {
    response.status(400).json({ error: "user and password needed" });
    return;
  }
  // Replace this by your users and their hashed passwords.
  if (password !== PASSWORD) {
    response.status(401).json({ error: "wrong password" });
    return;
  }
  // A new id makes one that an attacker planted useless.
  request.session.regenerate((error) => {
    if (error) return next(error);
    request.session.user = user;
    response.sendStatus(204);
  });
});

app.put("/cart/:item", (request, response) => {
  const { item } = request.params;
  const { count } = request.body ?? {};
  if (!/^[\w-]{1,40}$/.test(item) || !Number.isInteger(count) || count < 1 || count > 99) {
    response.status(400).json({ error: "count must be a whole number from 1 to 99" });
    return;
  }
  request.session[`cart:${item}`] = count;
  response.sendStatus(204);
});

app.post("/sign-out", (request, response, next) => {
  request.session.destroy((error) => (error ? next(error) : response.clearCookie("connect.sid").sendStatus(204)));
});

app.use((_request, response) => {
  response.status(404).json({ error: "not found" });
});

const onError: ErrorRequestHandler = (error, _request, response, next) => {
  if (response.headersSent) return next(error);
  // A refused body, such as one that is not JSON, comes with a status of its own.
  const status: number = error.expose ? error.status : 500;
  if (status === 500) console.error(error);
  response.status(status).json({ error: status === 500 ? "something went wrong" : error.message });
};
app.use(onError);

const server = app.listen(Number(PORT), () => {
  console.log(`Listening on http://localhost:${(server.address() as AddressInfo).port}`);
});
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => server.close(() => store[Symbol.asyncDispose]()));
}
