import { execFileSync, spawn } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A PostgreSQL server of the machine, on a free port of the loopback interface. */
export interface TestPostgres {
  readonly port: number;
  start(): Promise<void>;
  stop(signal: "SIGINT" | "SIGKILL"): Promise<void>;
  remove(): Promise<void>;
}

const VERSIONS = "/usr/lib/postgresql";

/** The folder of the server's programs; `undefined` where it is not installed. */
export const postgresPrograms: string | undefined = existsSync(VERSIONS)
  ? join(VERSIONS, readdirSync(VERSIONS).sort((a, b) => Number(b) - Number(a))[0]!, "bin")
  : undefined;

/** Runs as the user `postgres` where the tests are root's, since the server refuses root. */
const isRoot = process.getuid?.() === 0;
const idOf = (flag: string): number => Number(execFileSync("id", [flag, "postgres"]));
const user = () => (isRoot ? { uid: idOf("-u"), gid: idOf("-g") } : {});

/** Creates and starts a server with a database `postgres`, whose user `postgres` has the password `secret`. */
export async function startPostgres(programs: string): Promise<TestPostgres> {
  const folder = mkdtempSync(join(tmpdir(), "ekv-pg-"));
  const as = user();
  if (as.uid !== undefined) chownSync(folder, as.uid, as.gid!);
  const data = join(folder, "data");
  const options = ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"];
  execFileSync(join(programs, "initdb"), options, { ...as, cwd: folder, stdio: "ignore" });
  const port = await freePort();
  let child: ReturnType<typeof spawn> | undefined;
  const hasEnded = () => !child || child.exitCode !== null || child.signalCode !== null;

  async function start(): Promise<void> {
    const settings = ["-D", data, "-p", `${port}`, "-k", folder, "-h", "127.0.0.1", "-c", "fsync=off"];
    const isReady = join(programs, "pg_isready");
    for (let tries = 0; tries < 300; tries++) {
      // After a kill it refuses to start until the last process of the old server has ended.
      if (hasEnded()) child = spawn(join(programs, "postgres"), settings, { ...as, cwd: folder, stdio: "ignore" });
      await new Promise((resolve) => setTimeout(resolve, 100));
      try {
        execFileSync(isReady, ["-h", "127.0.0.1", "-p", `${port}`], { stdio: "ignore" });
        if (!hasEnded()) return;
      } catch {}
    }
    throw new Error("PostgreSQL did not start");
  }

  async function stop(signal: "SIGINT" | "SIGKILL"): Promise<void> {
    const running = child;
    if (!running || hasEnded()) return;
    const ended = new Promise((resolve) => running.once("close", resolve));
    running.kill(signal);
    await ended;
  }

  await start();
  return {
    port,
    start,
    stop,
    async remove() {
      await stop("SIGINT");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
