// Preloaded by Node: the package's own name leads to its sources.
import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import { sources } from "./sources.mjs";

registerHooks({
  resolve: (specifier, context, next) =>
    sources[specifier] ? { url: pathToFileURL(sources[specifier]).href, shortCircuit: true } : next(specifier, context),
});
