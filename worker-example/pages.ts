import { html } from "hono/html";
import type { WithInfo } from "../src/cached.ts";
import type { BaseDriver } from "../src/index.ts";
import type { Sales } from "./sales.ts";
import { SESSION_SECONDS, type Session } from "./session.ts";

type Html = ReturnType<typeof html>;

const number = new Intl.NumberFormat("en");
const money = new Intl.NumberFormat("en", { style: "currency", currency: "EUR" });
const weekday = new Intl.DateTimeFormat("en", { weekday: "short", timeZone: "UTC" });

/** The sign-in page. After a mistake it shows the typed name and the problem. */
export function signIn({ name = "", problem }: { name?: string; problem?: string } = {}): Html {
  return page(
    "Sign in",
    html`<main class="narrow">
      <form class="card" method="post" action="/sign-in">
        <h1>Sign in</h1>
        <p class="quiet">This is a demo: any name will do, and there is no password.</p>
        <label for="name">Name</label>
        <input id="name" name="name" value="${name}" required maxlength="40" autocomplete="username" autofocus
          ${problem ? html`aria-invalid="true" aria-describedby="problem"` : ""}>
        ${problem ? html`<p id="problem" class="problem" role="alert">${problem}</p>` : ""}
        <button class="primary">Sign in</button>
      </form>
    </main>`,
  );
}

/** What the dashboard shows. */
export interface Dashboard {
  readonly user: Session;
  readonly report: WithInfo<Sales>;
  /** How long it took to get the report, in milliseconds. */
  readonly took: number;
  readonly stores: { readonly sessions: BaseDriver; readonly cache: BaseDriver };
}

/** The page for a user who is signed in. */
export function dashboard({ user, report, took, stores }: Dashboard): Html {
  const hit = report.from === "hit";
  const { days, products } = report.value;
  const orders = days.reduce((sum, day) => sum + day.orders, 0);
  const revenue = days.reduce((sum, day) => sum + day.revenue, 0);
  return page(
    "Sales",
    html`<main>
      <h1>Sales this week</h1>
      <section class="card cache" aria-label="Cache">
        <strong id="outcome" class="badge ${hit ? "hit" : "miss"}">${hit ? "Cache hit" : "Cache miss"}</strong>
        <dl>
          <div><dt>Age</dt><dd id="age">${seconds(report.age)}</dd></div>
          <div><dt>Time left</dt><dd id="left">${seconds(report.ttl)}</dd></div>
          <div><dt>Answered in</dt><dd id="took">${number.format(took)} ms</dd></div>
        </dl>
        <progress max="${report.age + report.ttl}" value="${report.ttl}" aria-label="Time left in the cache"></progress>
        <form method="post" action="/refresh"><button>Refresh now</button></form>
      </section>
      <section class="tiles" aria-label="Totals">
        ${tile("Orders", number.format(orders))}
        ${tile("Revenue", euros(revenue))}
        ${tile("Average order", euros(orders === 0 ? 0 : revenue / orders))}
      </section>
      <div class="columns">
        <section class="card">
          <h2>Orders a day</h2>
          ${chart(days)}
        </section>
        <section class="card">
          <h2>Products</h2>
          <table>
            <thead><tr><th>Name</th><th>Sold</th><th>Revenue</th></tr></thead>
            <tbody>
              ${products.map(
                ({ name, sold, revenue }) => html`<tr>
                <td>${name}</td><td>${number.format(sold)}</td><td>${euros(revenue)}</td>
              </tr>`,
              )}
            </tbody>
          </table>
        </section>
      </div>
      <p class="quiet">
        Your session ends ${SESSION_SECONDS / 60} minutes after your last visit. Sessions are kept in
        <code>${stores.sessions.name}</code> (${stores.sessions.consistency} consistency), the report in
        <code>${stores.cache.name}</code> (${stores.cache.consistency} consistency).
      </p>
    </main>`,
    user,
  );
}

/** A page with a heading and a sentence. */
export function message(title: string, text: string): Html {
  return page(
    title,
    html`<main class="narrow">
      <section class="card"><h1>${title}</h1><p>${text}</p><p><a href="/">Back to the start</a></p></section>
    </main>`,
  );
}

function page(title: string, main: Html, user?: Session): Html {
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title} · Harbour Coffee</title>
    <link rel="icon" href="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'><circle cx='4' cy='4' r='4' fill='%23a4451e'/></svg>">
    <link rel="stylesheet" href="/style.css">
  </head>
  <body>
    <header>
      <a class="brand" href="/">Harbour Coffee</a>
      ${
        user
          ? html`<form method="post" action="/sign-out">
        <span>Hello, <b id="user">${user.name}</b></span>
        <button>Sign out</button>
      </form>`
          : ""
      }
    </header>
    ${main}
  </body>
</html>`;
}

function tile(label: string, value: string): Html {
  return html`<div class="card tile"><span>${label}</span><b>${value}</b></div>`;
}

function chart(days: Sales["days"]): Html {
  const most = Math.max(1, ...days.map((day) => day.orders));
  return html`<svg class="chart" viewBox="0 0 280 150" role="img" aria-label="Orders of the last seven days">
    ${days.map(({ date, orders }, i) => {
      const height = (orders / most) * 108;
      return html`<rect x="${i * 40 + 6}" y="${126 - height}" width="28" height="${height}" rx="3"></rect>
      <text x="${i * 40 + 20}" y="${120 - height}">${orders}</text>
      <text x="${i * 40 + 20}" y="144">${weekday.format(new Date(date))}</text>`;
    })}
  </svg>`;
}

function seconds(value: number): string {
  return `${Math.max(0, Math.round(value))} s`;
}

function euros(cents: number): string {
  return money.format(cents / 100);
}
