import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import { memoryStore } from "../src/index.ts";
import { createApp } from "./app.ts";

const app = createApp({ sessions: memoryStore(), secret: crypto.randomUUID(), cache: memoryStore() });

// Convert between Node's own requests and responses and those of the Web.
const server = createServer(async (incoming, outgoing) => {
  try {
    const response = await app.fetch(toRequest(incoming));
    outgoing.writeHead(response.status, [...response.headers].flat());
    await pipeline(response.body ?? [], outgoing);
  } catch (error) {
    console.error(error);
    if (!outgoing.headersSent) outgoing.writeHead(400);
    outgoing.end();
  }
});

function toRequest(incoming: IncomingMessage): Request {
  const { method = "GET", url, headers } = incoming;
  return new Request(`http://${headers.host ?? "localhost"}${url}`, {
    method,
    headers: Object.entries(headers).map(([name, value]) => [name, `${value}`] as [string, string]),
    // Node accepts any async iterable of bytes as a body.
    ...(method !== "GET" && method !== "HEAD" && { body: incoming as unknown as BodyInit, duplex: "half" }),
  });
}

server.listen(Number(process.env.PORT ?? 8787), "127.0.0.1", () => {
  console.log(`Listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
