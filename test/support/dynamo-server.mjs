/* A simulator of DynamoDB on a free loopback port, for tests in every runtime. */
import { Buffer } from "node:buffer";

/**
 * Starts dynalite. Tests find it by the variable in `env`.
 *
 * It is imported here, since only who starts the tests needs it.
 */
export async function startDynamo() {
  // dynalite takes it from the global object, where Deno has none.
  globalThis.Buffer ??= Buffer;
  const { default: dynalite } = await import("dynalite");
  const server = dynalite({ createTableMs: 0 });
  breakConnections(server);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  // It does not keep the process from ending.
  server.unref();
  return {
    env: { EKV_DYNAMODB_URL: `http://127.0.0.1:${server.address().port}` },
    stop: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections?.();
      }),
  };
}

/**
 * Below /breaking, a server that receives requests and breaks connections: of each path it replies to the first request, and to
 * none of the others. GET returns how many it has received.
 */
function breakConnections(server) {
  const [simulator] = server.listeners("request");
  const received = new Map();
  server.removeAllListeners("request");
  server.on("request", (request, response) => {
    if (!request.url.startsWith("/breaking/")) return simulator.call(server, request, response);
    const before = received.get(request.url) ?? 0;
    if (request.method === "GET") return response.end(JSON.stringify(before));
    received.set(request.url, before + 1);
    request.resume().on("end", () => (before === 0 ? response.end("{}") : request.socket.destroy()));
  });
}
