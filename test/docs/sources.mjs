import { join } from "node:path";
import { entries, root } from "../../scripts/entries.mjs";

/** The source file of everything that can be imported from the package: `edge-key-value/combinators` and so on. */
export const sources = Object.fromEntries(
  entries().map(({ subpath, source }) => [`edge-key-value${subpath.slice(1)}`, join(root, source)]),
);
