/* Runs the gateway by itself until it is interrupted: node test/support/gateway.mjs */
import { startGateway } from "./redis-gateway.mjs";

const gateway = await startGateway();
if (gateway.reason) {
  console.error(gateway.reason);
  process.exitCode = 1;
} else {
  for (const [name, value] of Object.entries(gateway.env)) console.log(`export ${name}=${value}`);
  const alive = setInterval(() => {}, 2 ** 30);
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, () => {
      clearInterval(alive);
      gateway.stop();
    });
  }
}
