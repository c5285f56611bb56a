import { toUnstorageDriver } from "edge-key-value/interop/unstorage";
import { definePlugin } from "nitro";
import { useStorage } from "nitro/storage";
import { store } from "../lib/store.ts";

/** Keeps what is under `data:` in the store. */
export default definePlugin(() => {
  useStorage().mount("data", toUnstorageDriver(store, { collection: "data" }));
});
