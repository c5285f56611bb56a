// Checks the arrows between the folders of `src`, that it uses nothing but Web-standard APIs, and that wrappers stay short.
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import ts from "typescript";
import { privateFolders, root } from "./entries.mjs";

const problems = [];
const files = readdirSync(join(root, "src"), { recursive: true })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => file.endsWith(".ts"));
const peers = Object.keys(JSON.parse(readFileSync(join(root, "package.json"), "utf8")).peerDependencies ?? {});

/** The folder of `src` that a file belongs to; "" is the core, to which the private folders belong. */
const folderOf = (file) => {
  const folder = file.includes("/") ? file.slice(0, file.indexOf("/")) : "";
  return privateFolders.includes(folder) ? "" : folder;
};

const isNested = (file) => file.split("/").length > 2;

for (const file of files) {
  const source = ts.createSourceFile(file, readFileSync(join(root, "src", file), "utf8"), ts.ScriptTarget.Latest, true);
  const report = (node, text) => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    problems.push(`src/${file}:${line + 1}: ${text}`);
  };

  const visit = (node) => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) {
      checkImport(node, node.moduleSpecifier.text, isTypeOnly(node) ? "type" : "value");
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [specifier] = node.arguments;
      if (specifier && ts.isStringLiteralLike(specifier)) checkImport(node, specifier.text, "dynamic");
      else report(node, "a dynamic import needs a literal, which bundlers can follow");
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      checkImport(node, node.argument.literal.text, "type");
    } else if (ts.isIdentifier(node) && /^(Buffer|process|require|__dirname|__filename)$/.test(node.text)) {
      const parent = node.parent;
      const isGlobal = ts.isPropertyAccessExpression(parent) && parent.expression.getText(source) === "globalThis";
      if (isGlobal || parent.name !== node) report(node, `${node.text} is not a Web-standard API`);
    }
    ts.forEachChild(node, visit);
  };

  const checkImport = (node, specifier, kind) => {
    if (specifier.startsWith("node:")) return report(node, `${specifier} is not a Web-standard API`);
    if (specifier.startsWith(".")) {
      const target = posix.join(posix.dirname(file), specifier);
      if (!files.includes(target)) return report(node, `${specifier} is not a file of src (write the .ts extension)`);
      const [from, to] = [folderOf(file), folderOf(target)];
      // Public modules of one folder do not import each other; what they share lies in a subfolder.
      if (to === "" || (from === to && (isNested(file) || isNested(target)))) return;
      if (file === "index.ts" && target === "adapters/memory.ts") return;
      return report(node, `${from || "the core"} must not import src/${target}`);
    }
    if (specifier.startsWith("cloudflare:")) {
      if (folderOf(file) === "adapters" && (kind === "type" || isDurableObjectClass)) return;
      return report(node, `${specifier} is only for the Durable Object class`);
    }
    const name = specifier
      .split("/")
      .slice(0, specifier.startsWith("@") ? 2 : 1)
      .join("/");
    if (folderOf(file) === "") return report(node, `the core has no dependencies, but imports ${specifier}`);
    if (!peers.includes(name)) return report(node, `${name} is not an optional peer dependency`);
    if (kind === "value")
      report(node, `import ${specifier} as a type or dynamically: it is an optional peer dependency`);
  };

  // Only a file that exports a Durable Object class may need workerd to load.
  const isDurableObjectClass = /^export class \w+ extends DurableObject\b/m.test(source.text);
  visit(source);
}

function isTypeOnly(node) {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly;
  const clause = node.importClause;
  if (!clause) return false;
  const named = clause.namedBindings;
  const all =
    named && ts.isNamedImports(named) && named.elements.length > 0 && named.elements.every((e) => e.isTypeOnly);
  return clause.isTypeOnly || (!clause.name && Boolean(all));
}

// What wrappers are built with belongs into a folder of its own, so that each can be read at once.
const wrappers = files.filter((file) => folderOf(file) === "wrappers");
const lines = wrappers.map((file) => readFileSync(join(root, "src", file), "utf8").split("\n").length - 1);
const total = lines.reduce((sum, count) => sum + count, 0);
if (total >= 900) problems.push(`src/wrappers has ${total} lines; it must have less than 900`);

for (const problem of problems) console.log(problem);
process.exitCode = problems.length ? 1 : 0;
