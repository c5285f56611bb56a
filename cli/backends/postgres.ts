import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type PostgresClient, type PostgresJS, postgresStore } from "../../src/adapters/postgres.ts";
import { toDriver } from "../../src/index.ts";
import { UsageError } from "../usage-error.ts";
import { type Backend, type OpenOptions, withoutSecrets } from "./backend.ts";

interface PgModule {
  readonly Pool: new (options: object) => PostgresClient & { end(): Promise<void> };
}

type PostgresModule = (url: string, options: object) => PostgresJS & { end(): Promise<void> };

/** A PostgreSQL database, with the client that the user has installed. */
export async function openPostgres(url: URL, { table }: OpenOptions): Promise<Backend> {
  const options = table === undefined ? {} : { table };
  const label = withoutSecrets(url);
  const pg = await installed<PgModule>("pg");
  if (pg) {
    const pool = new pg.Pool({ connectionString: url.href, max: 4, connectionTimeoutMillis: 10_000 });
    return { label, driver: toDriver(postgresStore(pool, options)), close: () => pool.end() };
  }
  const postgres = await installed<PostgresModule>("postgres");
  if (!postgres) throw new UsageError('PostgreSQL needs the package "pg" or "postgres": npm install pg');
  const sql = postgres(url.href, { max: 4, connect_timeout: 10, onnotice: () => {} });
  return { label, driver: toDriver(postgresStore(sql, options)), close: () => sql.end() };
}

/** Loads a package from beside this command, or from the folder that it runs in; `npx` keeps the command elsewhere. */
async function installed<T>(name: string): Promise<T | undefined> {
  for (const from of [import.meta.url, join(process.cwd(), "package.json")]) {
    let path: string;
    try {
      path = createRequire(from).resolve(name);
    } catch {
      continue;
    }
    return (await import(pathToFileURL(path).href)).default;
  }
  return undefined;
}
