import { type Capability, createStore, type Store, toDriver } from "../../src/index.ts";

/** The same store by a driver that applies no operations: each is a read and a swap. */
export function withoutOperations(store: Store<Capability>): Store<Capability> {
  return createStore({ ...toDriver(store), operations: undefined, apply: undefined });
}
