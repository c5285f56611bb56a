export { type MemoryStoreOptions, memoryStore } from "./adapters/memory.ts";
export { addressPrefix, joinAddress, splitAddress } from "./core/address.ts";
export { combineChanges } from "./core/combine-changes.ts";
export type {
  AnyDriver,
  Awaitable,
  BaseDriver,
  Capabilities,
  CapabilitiesOf,
  Capability,
  Change,
  Driver,
  DriverPage,
  Made,
  MethodNames,
  Modify,
  ReadOptions,
  Store,
  SwapResult,
} from "./core/driver.ts";
export type { Address, Entry } from "./core/entry.ts";
export { type ErrorCode, type ErrorDetails, KeyValueError } from "./core/errors.ts";
export type { JsonValue } from "./core/json.ts";
export type { Operation, Step } from "./core/operation.ts";
export type {
  AsyncKeyValue,
  AtomicOptions,
  AtomicPutOptions,
  CapabilityMethods,
  CollectionOptions,
  ListOptions,
  Page,
  PageOptions,
  PutOptions,
  ValueWithTtl,
  ValueWithVersion,
} from "./core/protocol.ts";
export {
  type AsyncDispose,
  type Closable,
  type Closing,
  createStore,
  type StoreOptions,
  supports,
  toDriver,
} from "./core/store.ts";
export type { Storable, StrictKeyValue } from "./core/strict.ts";
