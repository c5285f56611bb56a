import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";
import { root } from "../../scripts/entries.mjs";
import { publicFunctions } from "./public-api.ts";

const functions = new Map(publicFunctions().map(({ name, module }) => [name, module]));
const contextFile = join(root, "test/docs/calls-context.ts");
/** The names of what calls may take as arguments. */
const context = new Set(
  [...readFileSync(contextFile, "utf8").matchAll(/^export declare const (\w+)/gm)].map(([, name]) => name!),
);

/**
 * Makes a module of the calls of public functions in a document's tables, such as `compress(store)`, on the lines that they
 * have in the document. A call with an ellipsis is a sketch, and left out.
 */
export function moduleOfCalls(document: string, folder: string): string {
  const lines = readFileSync(join(root, document), "utf8").split("\n");
  const calls = lines.map((line) => {
    if (!line.startsWith("|")) return [];
    const found = [...line.matchAll(/`(?:await )?((\w+)\([^`…]*\))`/g)];
    return found.filter(([, , name]) => functions.has(name!)).map(([, call]) => `void ${call};`);
  });
  return calls.flat().length > 0
    ? declarations(calls.flat(), folder) + calls.map((line) => line.join(" ")).join("\n")
    : "";
}

/** Imports the functions and arguments of calls. A shorthand option such as `{ maxBytes }` only needs a right name. */
function declarations(calls: readonly string[], folder: string): string {
  const names = new Set<string>();
  const options = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) names.add(node.text);
    if (ts.isShorthandPropertyAssignment(node)) options.add(node.name.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("calls.ts", calls.join("\n"), ts.ScriptTarget.Latest));
  const from = (name: string) =>
    context.has(name) ? relative(folder, contextFile).replaceAll("\\", "/") : functions.get(name);
  const imported = [...names].filter((name) => from(name));
  const assumed = [...options].filter((name) => !from(name));
  return [
    ...imported.map((name) => `import { ${name} } from "${from(name)}"; `),
    ...assumed.map((name) => `declare const ${name}: never; `),
  ].join("");
}
