export { type MemoryStoreOptions, memoryStore } from "./adapters/memory.ts";
export { addressPrefix, joinAddress, splitAddress } from "./address.ts";
export type {
  AnyDriver,
  Awaitable,
  BaseDriver,
  Capabilities,
  CapabilitiesOf,
  Capability,
  Driver,
  DriverPage,
  Entry,
  ReadOptions,
  Store,
  SwapResult,
} from "./driver.ts";
export { type ErrorCode, type ErrorDetails, KeyValueError } from "./errors.ts";
export type { JsonValue } from "./json.ts";
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
} from "./protocol.ts";
export {
  type Closable,
  createStore,
  type StoreOptions,
  supports,
  toDriver,
} from "./store.ts";
