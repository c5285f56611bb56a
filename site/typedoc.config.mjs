// The reference of every public name, from the doc comments.
import { join } from "node:path";
import { entries, root } from "../scripts/entries.mjs";

export default {
  entryPoints: entries().map(({ source }) => join(root, source)),
  tsconfig: "tsconfig.json",
  // The types of Workers and of browsers do not fit together; `npm run check` checks the sources with each of them.
  skipErrorChecking: true,
  basePath: join(root, "src"),
  name: "Reference",
  plugin: ["typedoc-plugin-markdown"],
  out: ".pages/reference",
  entryFileName: "modules",
  readme: "none",
  disableSources: true,
  excludeInternal: true,
  // One page for each module that an application imports.
  router: "module",
  groupOrder: ["Functions", "Classes", "*"],
  hideBreadcrumbs: true,
  hidePageHeader: true,
  parametersFormat: "table",
  interfacePropertiesFormat: "list",
  sanitizeComments: true,
  treatValidationWarningsAsErrors: false,
  validation: { notExported: false, invalidLink: false, notDocumented: false },
  logLevel: "Warn",
};
