// The Worker of the soak: runs a slice of the load with each request, and returns the report so far.
import { d1Store } from "../../src/adapters/d1.ts";
import { durableObjectStore } from "../../src/adapters/durable-object.ts";
import { r2Store } from "../../src/adapters/r2.ts";
import { workersKVStore } from "../../src/adapters/workers-kv.ts";
import { createLoad } from "./load.mjs";

export { KeyValueObject } from "../../src/adapters/key-value-object.ts";

const STORES = {
  "durable-objects": (env) => durableObjectStore(env.OBJECTS, { shards: 4 }),
  "workers-kv": (env) => workersKVStore(env.KV),
  d1: (env) => d1Store(env.DB),
  r2: (env) => r2Store(env.BUCKET),
};

let load;

export default {
  async fetch(request, env) {
    const { searchParams } = new URL(request.url);
    load ??= createLoad(STORES[searchParams.get("store")](env), { tolerance: 1000 });
    const slice = Number(searchParams.get("slice"));
    const end = Date.now() + slice;
    if (slice > 0) await load.run(() => Date.now() >= end);
    else await load.finish();
    return Response.json(load.report);
  },
};
