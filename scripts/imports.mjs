// Checks the arrows between the folders of `src`, that families are private, and that nothing but Web-standard APIs is used.
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import ts from "typescript";
import { root } from "./entries.mjs";

const problems = [];
const files = readdirSync(join(root, "src"), { recursive: true })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => file.endsWith(".ts"));
const peers = Object.keys(JSON.parse(readFileSync(join(root, "package.json"), "utf8")).peerDependencies ?? {});

/** The folder of `src` that a file lies in, such as "adapters"; "" for the public files directly in `src`. */
const folderOf = (file) => (file.includes("/") ? file.slice(0, file.indexOf("/")) : "");

/** The family that a file of an adapter belongs to, such as "redis"; "" for a public file. */
const familyOf = (file) => file.split("/").slice(1, -1).join("/");

/** Which folders the files of a folder may import, beside their own. All else would be an arrow that points up. */
const arrows = {
  core: [],
  combinators: ["core"],
  codecs: ["core", "combinators"],
  caching: ["core"],
  migration: ["core", "caching"],
  idempotency: ["core", "caching"],
  conformance: ["core"],
  views: ["core", "combinators"],
  adapters: ["core", "combinators", "codecs"],
  wrappers: ["core", "combinators", "codecs", "caching", "migration"],
  "": ["core", "combinators", "codecs", "caching", "migration", "idempotency"],
  interop: ["core", "combinators", "codecs", "caching", ""],
};

/** Folders whose public files do not import each other; what they share lies in a subfolder. */
const separate = ["adapters", "wrappers", "views", "interop"];

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
      if (file === "index.ts" && target === "adapters/memory.ts") return;
      if (from !== to && !arrows[from]?.includes(to))
        return report(node, `${from || "src"} must not import src/${target}`);
      const [own, other] = [familyOf(file), familyOf(target)];
      if (separate.includes(from) && from === to) {
        const up = own !== "" && other === "";
        const across = own === "" && other === "";
        if (up || across) return report(node, `${file} must not import its public neighbour src/${target}`);
      } else if (separate.includes(to) && other !== "") {
        return report(node, `src/${target} is private to ${to}`);
      }
      return;
    }
    if (specifier.startsWith("cloudflare:")) {
      if (folderOf(file) === "adapters" && (kind === "type" || isDurableObjectClass)) return;
      return report(node, `${specifier} is only for the Durable Object class`);
    }
    const name = specifier
      .split("/")
      .slice(0, specifier.startsWith("@") ? 2 : 1)
      .join("/");
    if (folderOf(file) !== "adapters") return report(node, `only an adapter may have a dependency, not ${specifier}`);
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

// Whatever lies directly in `src` is public, and so is what the package exports of each folder.
for (const folder of new Set(files.map(folderOf))) {
  if (!(folder in arrows)) problems.push(`src/${folder} is not in the map of arrows: say what it may import`);
}

for (const problem of problems) console.log(problem);
process.exitCode = problems.length ? 1 : 0;
