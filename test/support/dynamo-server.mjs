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
