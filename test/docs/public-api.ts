import { join, relative } from "node:path";
import ts from "typescript";
import { entries, root } from "../../scripts/entries.mjs";

/** A function that the package exports. */
export interface PublicFunction {
  readonly name: string;
  /** What to import it from, such as `edge-key-value/adapters/null`: the first entry module that exports it. */
  readonly module: string;
  /** The source file that declares it, such as `src/adapters/memory.ts`. */
  readonly file: string;
  /** What its doc comment has after each `@example`, over all overloads. */
  readonly examples: readonly string[];
}

/** Every function of every entry module; one that several modules export is in the list once. */
export function publicFunctions(): PublicFunction[] {
  const modules = entries().map(({ source, subpath }) => ({
    path: join(root, source),
    specifier: `edge-key-value${subpath.slice(1)}`,
  }));
  const program = ts.createProgram(
    modules.map(({ path }) => path),
    {
      target: ts.ScriptTarget.ES2022,
      noLib: true,
      types: [],
      allowImportingTsExtensions: true,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      module: ts.ModuleKind.ESNext,
    },
  );
  const checker = program.getTypeChecker();
  const found = new Map<ts.Symbol, PublicFunction>();
  for (const { path, specifier } of modules) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(path)!);
    for (const exported of module ? checker.getExportsOfModule(module) : []) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      if (!(symbol.flags & ts.SymbolFlags.Function) || found.has(symbol)) continue;
      const examples = symbol.getJsDocTags(checker).filter((tag) => tag.name === "example");
      found.set(symbol, {
        name: symbol.name,
        module: specifier,
        file: relative(root, symbol.declarations![0]!.getSourceFile().fileName).replaceAll("\\", "/"),
        examples: examples.map(({ text }) => ts.displayPartsToString(text)),
      });
    }
  }
  return [...found.values()];
}
