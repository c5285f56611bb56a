import { inspect, isDeepStrictEqual } from "node:util";

/** Holds a line of a document to the value that it shows after `// =>`. */
export function same(actual, expected, line) {
  if (isDeepStrictEqual(actual, expected)) return;
  throw new Error(`line ${line}: the document says ${inspect(expected)}, but it is ${inspect(actual)}`);
}
