import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Plays the API of exchange rates that some examples cache. The rate says how often it was asked. */
export async function startUpstream(): Promise<{ readonly url: string; close(): void }> {
  let requests = 0;
  const server = createServer((request, response) => {
    const base = new URL(request.url ?? "/", "http://upstream").searchParams.get("base");
    requests++;
    response.writeHead(base === "XXX" ? 404 : base === "YYY" ? 500 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify({ base, rates: { USD: requests } }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}
