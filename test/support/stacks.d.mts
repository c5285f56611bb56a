import type { AsyncKeyValue, CapabilitiesOf, Store } from "../../src/index.ts";

type Prefixed<S> = Store<Exclude<CapabilitiesOf<S>, "destroy" | "destroyCollection" | "listCollections">>;

/** `encrypt` over `compress` over `prefixKeys`. */
export function encrypted<S extends AsyncKeyValue>(store: S): Prefixed<S>;

/** `statistics` over `encrypt` over `compress` over `prefixKeys` over `retry`. */
export function stackOfFive<S extends AsyncKeyValue>(store: S): Prefixed<S>;
