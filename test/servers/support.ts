import { createServer, type RequestListener } from "node:http";

/** Serves an app on a free port while `body` runs. */
export async function serving(app: RequestListener, body: (origin: string) => Promise<void>): Promise<void> {
  const server = createServer(app);
  await new Promise<void>((ready) => {
    server.listen(0, "127.0.0.1", ready);
  });
  const { port } = server.address() as { port: number };
  try {
    await body(`http://127.0.0.1:${port}`);
  } finally {
    server.closeAllConnections?.();
    await new Promise((closed) => {
      server.close(closed);
    });
  }
}
