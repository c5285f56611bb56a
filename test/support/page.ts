/** What the tests of the browser's stores run inside a page, as one script. */
import { indexedDBStore } from "../../src/adapters/indexed-db.ts";
import { webStorageStore } from "../../src/adapters/web-storage.ts";
import { conformance } from "../../src/conformance/index.ts";
import { KeyValueError, toDriver } from "../../src/index.ts";
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

/** Settles with the code of a failure, or `"no error"`. */
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "no error",
    (error) => (error instanceof KeyValueError ? error.code : String(error)),
  );

Object.assign(globalThis, { indexedDBStore, webStorageStore, toDriver, hold, codeOf, wait });
