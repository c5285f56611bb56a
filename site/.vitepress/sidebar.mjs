/** The pages in the order in which a reader needs them: groups of labels and files. */
export const groups = {
  Start: {
    "Choose a runtime": "start/index.md",
    "Workers, Durable Objects": "start/workers.md",
    "Workers KV": "start/workers-kv.md",
    Node: "start/node.md",
    Bun: "start/bun.md",
    Deno: "start/deno.md",
    "Example apps": "examples.md",
    "Will it fit?": "runtimes.md",
  },
  Guides: {
    "All guides": "guides/index.md",
    Sessions: "sessions.md",
    Caching: "caching.md",
    "HTTP caching": "http-caching.md",
    "Atomic operations and locks": "atomics.md",
    "Rate limits": "rate-limits.md",
    "One-time tokens": "guides/one-time-tokens.md",
    Idempotency: "idempotency.md",
    Webhooks: "guides/webhooks.md",
    "ETags and versions": "versions.md",
    "Many tenants": "guides/multi-tenant.md",
    Testing: "guides/testing.md",
    "Sharing data with Python": "guides/python.md",
    "Moving to another store": "migration.md",
  },
  "Coming from": {
    "How it compares": "comparison.md",
    unstorage: "guides/from-unstorage.md",
    Keyv: "guides/from-keyv.md",
    "Raw Workers KV": "guides/from-workers-kv.md",
  },
  Stores: {
    "Choose a store": "stores.md",
    "Durable Objects": "stores/durable-objects.md",
    "Workers KV": "stores/workers-kv.md",
    "Workers KV over REST": "stores/workers-kv-rest.md",
    D1: "stores/d1.md",
    R2: "stores/r2.md",
    "Cache API": "stores/cache-api.md",
    "Redis and Upstash": "stores/redis.md",
    SQLite: "stores/sqlite.md",
    PostgreSQL: "stores/postgres.md",
    "libSQL and Turso": "stores/libsql.md",
    DynamoDB: "stores/dynamodb.md",
    "Deno KV": "stores/deno-kv.md",
    Browser: "stores/browser.md",
    Memory: "stores/memory.md",
    "unstorage and Keyv": "stores/unstorage-and-keyv.md",
  },
  "Wrappers and views": { Wrappers: "wrappers.md", Views: "views.md" },
  Bridges: {
    "Apollo Server": "bridges/apollo.md",
    cachified: "bridges/cachified.md",
    Express: "bridges/express-session.md",
    Fastify: "bridges/fastify-session.md",
    FastMCP: "bridges/fastmcp.md",
    Keyv: "bridges/keyv.md",
    LangChain: "bridges/langchain.md",
    "localStorage with promises": "bridges/async-storage.md",
    "Map with promises": "bridges/async-map.md",
    "Nitro's cache, ocache": "bridges/ocache.md",
    OpenAuth: "bridges/openauth.md",
    OpenTelemetry: "bridges/opentelemetry.md",
    "unstorage, Nuxt, Astro": "bridges/unstorage.md",
    "Workers KV": "bridges/kv-namespace.md",
  },
  Tools: { Inspector: "inspector.md", "Command line": "command-line.md" },
  "Write your own": { "An adapter": "writing-an-adapter.md", "A wrapper": "writing-a-wrapper.md" },
  "Look up": {
    Errors: "errors.md",
    "API reference": "reference/modules.md",
    Benchmarks: "benchmarks.md",
    Reliability: "reliability.md",
    Security: "security.md",
  },
};

/** Groups that a reader opens when they need one of their pages. */
const collapsed = ["Stores", "Bridges"];

/** The path of a page on the site. */
export const linkOf = (file) => `/${file.replace(/(^|\/)index\.md$|\.md$/, "$1")}`;

/**
 * Returns the groups of the sidebar; `decisions` are the pages of that folder. Throws if one of the other `files` is in no
 * group, since nobody would find it.
 */
export function sidebar(files, decisions) {
  const listed = new Set(Object.values(groups).flatMap((items) => Object.values(items)));
  const missing = files.filter((file) => !listed.has(file) && !/^(index\.md|reference\/|decisions\/)/.test(file));
  if (missing.length > 0) throw new Error(`site/.vitepress/sidebar.mjs does not list ${missing.join(", ")}`);
  return [
    ...Object.entries(groups).map(([text, items]) => ({
      text,
      collapsed: collapsed.includes(text) ? true : undefined,
      items: Object.entries(items).map(([label, file]) => ({ text: label, link: linkOf(file) })),
    })),
    { text: "Decisions", collapsed: true, items: decisions },
  ];
}
