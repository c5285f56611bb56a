import type { AsyncKeyValue, CapabilitiesOf, Store } from "../../src/index.ts";

type Prefixed<S> = Store<Exclude<CapabilitiesOf<S>, "destroy" | "destroyCollection" | "listCollections">>;

export function onlyEncrypted<S extends AsyncKeyValue>(store: S): Store<CapabilitiesOf<S>>;

/** `compress` over `encrypt` over `prefixKeys`. */
export function encrypted<S extends AsyncKeyValue>(store: S): Prefixed<S>;

/** `statistics` over `compress` over `encrypt` over `prefixKeys` over `retry`. */
export function stackOfFive<S extends AsyncKeyValue>(store: S): Prefixed<S>;
