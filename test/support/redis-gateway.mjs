/*
 * What the tests use in place of Upstash: an HTTP server that speaks its REST protocol in front of a real redis-server,
 * and can fail on command. Plain JavaScript, so that every Node that starts the tests can run it.
 *
 *   POST /scopes                     hands out a path with a database, counters and faults of its own: { "path": "/s/1" }
 *   POST <path>                      one command: ["GET", "k"]
 *   POST <path>/pipeline             many, with an error per item
 *   POST <path>/multi-exec           many, in one transaction
 *   POST <path>/faults               what happens to the next requests, see `fault` below
 *   POST <path>/direct               one command, apart from counters and faults
 *   POST <path>/requests             the commands of each request since the last time
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { connectRedis } from "./resp.mjs";

const TOKEN = "the-token-of-the-tests";
const REQUEST_BYTES = 10 * 1024 * 1024;
const DATABASES = 10_000;

/**
 * Starts redis-server and the gateway on a free loopback port.
 *
 * Tests find it by the variables in `env`. Where redis-server is missing, `reason` says how to install it.
 */
export async function startGateway() {
  if (!process.env.PATH?.split(delimiter).some((folder) => existsSync(join(folder, "redis-server")))) {
    return { env: {}, reason: "redis-server is not on PATH: apt-get install redis-server" };
  }
  const folder = mkdtempSync(join(tmpdir(), "ekv-redis-"));
  const socket = join(folder, "redis.sock");
  const command = `redis-server --port 0 --unixsocket ${socket} --databases ${DATABASES} --save "" --appendonly no --dir ${folder}`;
  // The shell ends redis-server when this process is gone, however it has ended, and the pipe to it breaks.
  const shell = spawn(
    "sh",
    ["-c", `${command} >/dev/null & pid=$!; cat >/dev/null; kill $pid; wait $pid; rm -rf ${folder}`],
    { stdio: ["pipe", "ignore", "inherit"] },
  );
  const ended = new Promise((resolve) => shell.once("exit", resolve));
  const redis = await connected(socket);
  const scopes = [];
  const server = createServer((request, response) => {
    serve(request, response, scopes, redis).catch((error) => reply(response, 500, { error: `ERR ${error.message}` }));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  // Neither keeps the process from ending.
  server.unref();
  shell.unref();
  shell.stdin.unref?.();
  const url = `http://127.0.0.1:${server.address().port}`;
  return {
    url,
    token: TOKEN,
    env: { EKV_GATEWAY_URL: url, EKV_GATEWAY_TOKEN: TOKEN },
    async stop() {
      shell.ref();
      server.close();
      server.closeAllConnections();
      redis.end();
      shell.stdin.end();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function connected(socket) {
  for (let tries = 0; ; tries++) {
    try {
      return await connectRedis(socket);
    } catch (error) {
      if (tries > 500) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

async function serve(request, response, scopes, redis) {
  const body = await bodyOf(request);
  if (request.headers.authorization !== `Bearer ${TOKEN}`) {
    return reply(response, 401, { error: "WRONGPASS invalid or missing auth token" });
  }
  if (request.url === "/scopes") {
    const path = `/s/${scopes.push({ requests: [], faults: [] }) - 1}`;
    return reply(response, 200, { path });
  }
  const [, id, action] = /^\/s\/(\d+)\/?(.*)$/.exec(request.url) ?? [];
  const scope = scopes[id];
  if (!scope) return reply(response, 404, { error: "ERR no such path" });
  if (action === "faults") {
    scope.faults = JSON.parse(body);
    return reply(response, 200, {});
  }
  if (action === "requests") return reply(response, 200, scope.requests.splice(0));
  if (action === "direct") {
    const [result] = await execute(redis, id, [JSON.parse(body)]);
    return reply(response, 200, result instanceof Error ? { error: result.message } : { result: text(result) });
  }

  if (body.length > REQUEST_BYTES) {
    const error = `ERR max request size exceeded. Limit: ${REQUEST_BYTES} bytes, Actual: ${body.length} bytes`;
    return reply(response, 400, { error });
  }
  const commands = action ? JSON.parse(body) : [JSON.parse(body)];
  scope.requests.push(commands.map(([name]) => String(name).toUpperCase()));
  const fault = faultOf(scope);
  if (fault === "refused") return request.socket.destroy();
  if (typeof fault === "object") return reply(response, fault.status, fault.body ?? { error: fault.error });
  const encode = request.headers["upstash-encoding"] === "base64" ? base64 : text;
  const replies = await execute(redis, id, commands, action);
  // Executed, but nobody is told.
  if (fault === "lost") return request.socket.destroy();
  const results = replies.map((result) =>
    result instanceof Error ? { error: result.message } : { result: encode(result) },
  );
  const [single] = results;
  const aborted = action === "multi-exec" && replies.aborted;
  if (action && !aborted) return reply(response, 200, results);
  reply(response, single.error ? 400 : 200, single);
}

/**
 * The fault of this request, `undefined` for none. Faults are a list, of which each request takes the first, or
 * `{ lost: share }` for a share of all requests. A fault is `"lost"` (executed, the connection dropped before the
 * reply), `"refused"` (dropped before), `{ status, error }` with optionally a whole `body`, or `null` for none.
 */
function faultOf(scope) {
  if (Array.isArray(scope.faults)) return scope.faults.shift() ?? undefined;
  return Math.random() < scope.faults.lost ? "lost" : undefined;
}

/** Sends all at once, so that on the one connection nothing of another request comes in between. */
async function execute(redis, database, commands, action) {
  const sent = commands.map((command) =>
    command.map((argument) => (typeof argument === "string" ? argument : `${argument}`)),
  );
  const whole = action === "multi-exec" ? [["MULTI"], ...sent, ["EXEC"]] : sent;
  const [, ...replies] = await Promise.all([["SELECT", database], ...whole].map((command) => redis.send(command)));
  if (action !== "multi-exec") return replies;
  const result = replies.at(-1);
  return result instanceof Error ? Object.assign([result], { aborted: true }) : result;
}

const base64 = (value) => (Buffer.isBuffer(value) ? value.toString("base64") : nested(value, base64));
const text = (value) => (Buffer.isBuffer(value) ? value.toString() : nested(value, text));

function nested(value, encode) {
  if (Array.isArray(value)) return value.map(encode);
  if (typeof value !== "string") return value;
  // A status; the service does not encode this one.
  return value === "OK" ? value : encode(Buffer.from(value));
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function reply(response, status, body) {
  const html = typeof body === "string";
  response.writeHead(status, { "content-type": html ? "text/html" : "application/json" });
  response.end(html ? body : JSON.stringify(body));
}
