import { toUnstorageDriver } from "edge-key-value/interop/unstorage";
import { store } from "./store.ts";

/** How long a session lives after it was last changed. Astro passes no TTL, so without this sessions stay for ever. */
const DAY = 24 * 60 * 60;

export default function sessionDriver() {
  return toUnstorageDriver(store, { collection: "sessions", ttl: 7 * DAY });
}
