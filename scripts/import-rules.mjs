// The rules for imports in `src`: arrows between folders point one way, families are private, only Web-standard APIs.
import { posix } from "node:path";
import ts from "typescript";

/** What the files of a folder may import besides each other; "" stands for the public files directly in `src`. */
const arrows = {
  core: [],
  combinators: ["core"],
  codecs: ["core", "combinators"],
  caching: ["core"],
  migration: ["core", "caching"],
  idempotency: ["core", "caching"],
  inspector: ["core"],
  locking: ["core"],
  "rate-limiting": ["core"],
  conformance: ["core"],
  views: ["core", "combinators"],
  adapters: ["core", "combinators", "codecs"],
  wrappers: ["core", "combinators", "codecs", "caching", "migration"],
  "": ["core", "combinators", "codecs", "caching", "migration", "idempotency", "inspector", "locking", "rate-limiting"],
  interop: ["core", "combinators", "codecs", "caching", ""],
};

/** Folders with public files that do not import each other. They share code through private subfolders: families. */
const separate = ["", "adapters", "wrappers", "views", "interop"];

/** Which other families of its folder a family may import. */
const families = { "adapters/objects": ["sql"] };

/** The only files that may load a runtime's own modules: at first use, by a dynamic import of a literal. */
const ownModules = { "adapters/sql/sqlite-file.ts": ["node:sqlite", "bun:sqlite"] };

/** The folder of `src` that a file is in, such as "adapters"; "" for a file directly in `src`. */
const folderOf = (file) => (file.includes("/") ? file.slice(0, file.indexOf("/")) : "");

/** The family that a file belongs to, such as "redis" in `adapters/redis/calls.ts`; "" for a public file. */
const familyOf = (file) => file.split("/").slice(1, -1).join("/");

/**
 * Returns a line for every import that breaks a rule.
 *
 * @param files the text of every source file by its path in `src`
 * @param peers the names of the optional peer dependencies
 */
export function importProblems(files, peers) {
  const unknown = [...new Set([...files.keys()].map(folderOf))].filter((folder) => !(folder in arrows));
  return [
    ...unknown.map((folder) => `src/${folder} has no arrows: say in scripts/import-rules.mjs what it may import`),
    ...[...files].flatMap(([file, text]) => problemsOfFile(file, text, files, peers)),
  ];
}

function problemsOfFile(file, text, files, peers) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const problems = [];
  const report = (node, problem) => {
    if (!problem) return;
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    problems.push(`src/${file}:${line + 1}: ${problem}`);
  };
  const problemOf = (specifier, kind) =>
    specifier.startsWith(".")
      ? problemOfNeighbour(file, posix.join(posix.dirname(file), specifier), files)
      : problemOfPackage(file, text, specifier, kind, peers);

  const visit = (node) => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) {
      report(node, problemOf(node.moduleSpecifier.text, isTypeOnly(node) ? "type" : "value"));
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      report(node, problemOf(node.argument.literal.text, "type"));
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      // `"node:sqlite" as string` keeps the compiler from asking for the types of a module; the literal is what runs.
      const [argument] = node.arguments;
      const specifier = argument && ts.isAsExpression(argument) ? argument.expression : argument;
      const literal = specifier && ts.isStringLiteralLike(specifier);
      report(node, literal ? problemOf(specifier.text, "dynamic") : "bundlers can only follow an import of a literal");
    } else if (isGlobalOfNode(node, source)) {
      report(node, `${node.text} is not a Web-standard API`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return problems;
}

function problemOfNeighbour(file, target, files) {
  if (!files.has(target)) return `src/${target} does not exist (write the .ts extension)`;
  const [from, to] = [folderOf(file), folderOf(target)];
  const [own, other] = [familyOf(file), familyOf(target)];
  // The index exports one store: a first program then needs one import.
  if (file === "index.ts" && target === "adapters/memory.ts") return undefined;
  if (from !== to) {
    if (!arrows[from]?.includes(to)) return `src/${from} must not import src/${target}`;
    return separate.includes(to) && other !== "" ? `src/${target} is private to src/${to}` : undefined;
  }
  if (!separate.includes(from)) return undefined;
  if (other === "") return `src/${target} is public: move what both need to a private folder`;
  const foreign = own !== "" && own !== other && !families[`${from}/${own}`]?.includes(other);
  return foreign ? `src/${target} is private to its family` : undefined;
}

function problemOfPackage(file, text, specifier, kind, peers) {
  if (kind === "dynamic" && ownModules[file]?.includes(specifier)) return undefined;
  if (specifier.startsWith("node:")) return `${specifier} is not a Web-standard API`;
  const isAdapter = folderOf(file) === "adapters";
  if (specifier.startsWith("cloudflare:")) {
    // Only workerd can load such a file, so only a Durable Object class may import these modules.
    const isClass = /^export class \w+ extends DurableObject\b/m.test(text);
    return isAdapter && (kind === "type" || isClass) ? undefined : `${specifier} is only for a Durable Object class`;
  }
  const name = /^(@[^/]+\/)?[^/]+/.exec(specifier)[0];
  if (!isAdapter) return `only an adapter may have a dependency, not ${specifier}`;
  if (!peers.includes(name)) return `${name} is not an optional peer dependency`;
  return kind === "value" ? `import ${specifier} as a type or dynamically: it is optional` : undefined;
}

/** Whether a node uses a global that only Node has; a property of that name is fine. */
function isGlobalOfNode(node, source) {
  if (!ts.isIdentifier(node) || !/^(Buffer|process|require|__dirname|__filename)$/.test(node.text)) return false;
  const { parent } = node;
  const ofGlobalThis = ts.isPropertyAccessExpression(parent) && parent.expression.getText(source) === "globalThis";
  return ofGlobalThis || parent.name !== node;
}

function isTypeOnly(node) {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly;
  const clause = node.importClause;
  if (!clause || clause.isTypeOnly) return Boolean(clause);
  const named = clause.namedBindings && ts.isNamedImports(clause.namedBindings) ? clause.namedBindings.elements : [];
  return !clause.name && named.length > 0 && named.every((element) => element.isTypeOnly);
}
