/** A TCP proxy that breaks connections: before a request gets through, or before its reply does. */
import { connect as connectTo, createServer, type Socket } from "node:net";

export interface CuttingProxy {
  readonly port: number;
  /** How many connections it has broken. */
  readonly cuts: { requests: number; replies: number };
  close(): Promise<void>;
}

/** Which part of what it passes on, from 0 to 1, is cut instead. */
export interface CutShares {
  readonly requests: number;
  readonly replies: number;
}

/** Starts a proxy on the loopback interface. `random` returns numbers from 0 to 1. */
export async function cuttingProxy(port: number, shares: CutShares, random: () => number): Promise<CuttingProxy> {
  const cuts = { requests: 0, replies: 0 };
  const open = new Set<Socket>();

  const server = createServer((client) => {
    const backend = connectTo(port, "127.0.0.1");
    const end = () => {
      for (const socket of [client, backend]) {
        socket.destroy();
        open.delete(socket);
      }
    };
    for (const socket of [client, backend]) {
      open.add(socket);
      socket.setNoDelay(true).on("error", end).on("close", end);
    }
    const passOn = (kind: keyof typeof cuts, from: Socket, to: Socket) =>
      from.on("data", (chunk) => {
        if (random() >= shares[kind]) to.write(chunk);
        else {
          cuts[kind]++;
          end();
        }
      });
    passOn("requests", client, backend);
    passOn("replies", backend, client);
  });

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as { port: number }).port,
    cuts,
    close() {
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
