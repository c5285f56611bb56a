// By which strings one recognises a source file in a bundle.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { entries, root } from "../entries.mjs";

const LONG_ENOUGH = 10;

/** The long strings of a file's code, as a minifier keeps them. Types and imports are no code. */
function stringsOf(source) {
  const file = ts.createSourceFile(source, readFileSync(join(root, source), "utf8"), ts.ScriptTarget.Latest, true);
  const found = new Set();
  const visit = (node) => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
    const isText = ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node);
    // Quotes and escapes are written differently in a bundle.
    if (isText && node.text.length >= LONG_ENOUGH && /^[\w ,.:;()-]+$/.test(node.text)) found.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** For each public module the strings that no other file of `src` has. Some modules have none. */
export function distinctStrings() {
  const files = readdirSync(join(root, "src"), { recursive: true }).map((file) => `src/${file.replaceAll("\\", "/")}`);
  const all = files
    .filter((file) => file.endsWith(".ts"))
    .map((source) => ({ source, strings: [...stringsOf(source)] }));
  return new Map(
    entries().map(({ name, source }) => {
      const others = all.filter((other) => other.source !== source).flatMap(({ strings }) => strings);
      const { strings } = all.find((own) => own.source === source);
      // A string that is a part of another's would be found where that one is.
      return [name, strings.filter((text) => !others.some((other) => other.includes(text)))];
    }),
  );
}
