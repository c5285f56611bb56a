/** What the tests of the browser's stores run inside a page, as one script. */
import { indexedDBStore } from "../../src/adapters/indexed-db.ts";
import { webStorageStore } from "../../src/adapters/web-storage.ts";
import { conformance } from "../../src/conformance/index.ts";
import { KeyValueError, toDriver } from "../../src/index.ts";
import { holdsFor, jitteredStore, overlaps, record } from "./histories.ts";
import { runAll, runner } from "./page-runner.ts";

const { now } = Date;
let passed = 0;
Date.now = () => now() + passed;
const wait = (seconds: number): void => {
  passed += seconds * 1000;
};
let stores = 0;

function hold(): ReturnType<typeof runAll> {
  conformance(runner, "indexedDBStore", () => indexedDBStore(`conformance ${stores++}`), {
    capabilities: ["listKeys", "listCollections", "destroyCollection", "destroy", "cull", "swap"],
    teardown: (store) => (store as ReturnType<typeof indexedDBStore>)[Symbol.asyncDispose](),
    wait,
  });
  conformance(runner, "webStorageStore", () => webStorageStore(localStorage, { keyPrefix: `${stores++}:` }), {
    capabilities: ["listKeys", "listCollections", "destroyCollection", "destroy", "cull"],
    teardown: (store) => void (store as ReturnType<typeof webStorageStore>).destroy(),
    ordered: true,
    wait,
  });
  return runAll();
}

/** Checks histories of concurrent clients, of several connections to one database. Returns how many operations overlapped. */
async function histories(count: number): Promise<{ operations: number; overlapping: number }> {
  const opened = [1, 2, 3].map(() => indexedDBStore("histories"));
  let overlapping = 0;
  const all = await holdsFor(count, async (seed) => {
    const stores = opened.map((store, i) => jitteredStore(store, seed * 3 + i));
    const history = await record({ seed, stores, collection: `${seed}`, pass: wait });
    overlapping += overlaps(history);
    return history;
  });
  return { operations: all.length, overlapping };
}

/** Settles with the code of a failure, or `"no error"`. */
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "no error",
    (error) => (error instanceof KeyValueError ? error.code : String(error)),
  );

Object.assign(globalThis, { indexedDBStore, webStorageStore, toDriver, hold, histories, codeOf, wait });
