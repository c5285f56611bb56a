import { intercept, wrap } from "../../src/combinators/index.ts";
import { type Capability, memoryStore, type Store } from "../../src/index.ts";

/** A memory store, and the names of the calls to its driver. */
export function memoryDriverCalls(): { readonly store: Store<Capability>; readonly calls: string[] } {
  const calls: string[] = [];
  const store = wrap(memoryStore(), (driver) =>
    intercept(driver, ({ operation }, proceed) => {
      calls.push(operation);
      return proceed();
    }),
  );
  return { store, calls };
}
