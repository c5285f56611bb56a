// Stores with faults that `npm run soak` must find.
import { memoryStore } from "../../src/index.ts";

/** Remembers everything that was put. */
export function leaking() {
  const kept = [];
  const store = memoryStore();
  const get = async (...args) => {
    kept.push(new Array(2000).fill(args));
    return store.get(...args);
  };
  return { store: { ...store, get }, close: () => void kept };
}

/** Loses a write now and then. */
export function forgetful() {
  const store = memoryStore();
  let writes = 0;
  return { store: { ...store, put: async (...args) => (++writes % 20 ? store.put(...args) : undefined) } };
}

/** Leaves a timer running, and a rejection to nobody. */
export function careless() {
  const store = memoryStore();
  const timer = setInterval(() => {}, 60_000);
  void Promise.reject(new Error("nobody handles this"));
  return { store, close: () => void timer };
}
