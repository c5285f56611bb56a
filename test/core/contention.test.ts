/** What many callers of one key cost in memory. */
import { intercept, wrap } from "../../src/combinators/index.ts";
import { memoryStore } from "../../src/index.ts";
import { operationsAreOneCall, throughEncrypt, updatesSucceed, type WithBackend } from "../support/contention.ts";

const memory: WithBackend = (work) => {
  const shared = memoryStore();
  let made = 0;
  const store = () =>
    wrap(shared, (driver) =>
      intercept(driver, (_, proceed) => {
        made++;
        return proceed();
      }),
    );
  const calls = () => {
    const since = made;
    made = 0;
    return since;
  };
  return work({ store, calls });
};

operationsAreOneCall("memory", memory);
updatesSucceed("memory", memory);
updatesSucceed("memory through encrypt", throughEncrypt(memory));
