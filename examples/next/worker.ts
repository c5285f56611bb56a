// OpenNext writes this file.
import worker from "./.open-next/worker.js";

export { KeyValueObject } from "edge-key-value/adapters/key-value-object";

export default worker;
