import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import ts from 'typescript';

/** A source file of the workspace. @typedef {{ path: string, text: string }} SourceText */

const notProduct = /\.(test|suite|fixture)\.ts$|\.d\.ts$|\/(generated|testing|conformance|fixtures)\//;

/**
 * The TypeScript of the product below a folder: no tests, no generated code.
 * @param {string} workspace @param {string} folder relative to the workspace
 * @returns {SourceText[]} in the order of their paths, which have forward slashes
 */
export function sourceTexts(workspace, folder) {
  return readdirSync(join(workspace, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(workspace, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => path.includes('/src/') && !path.includes('/node_modules/') && !notProduct.test(path))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(workspace, path), 'utf8') }));
}

/** @param {SourceText} source */
export const parse = ({ path, text }) => ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);

/** @param {ts.Node} node @returns {Generator<ts.Node>} the node and everything in it */
export function* nodesIn(node) {
  yield node;
  for (const inner of node.getChildren()) yield* nodesIn(inner);
}

/** @param {ts.Node} node @returns {string} `file:line`, for messages */
export function placeOf(node) {
  const file = node.getSourceFile();
  return `${file.fileName}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
}

/**
 * Where an imported name comes from.
 * @param {ts.Identifier} name
 * @returns {{ from: string, exported: string } | undefined}
 */
export function importOf(name) {
  for (const statement of name.getSourceFile().statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    const bindings = statement.importClause?.namedBindings;
    if (bindings === undefined || !ts.isNamedImports(bindings)) continue;
    const found = bindings.elements.find((element) => element.name.text === name.text);
    if (found)
      return { from: statement.moduleSpecifier.text, exported: (found.propertyName ?? found.name).text };
  }
  return undefined;
}

/**
 * The text of an expression: a literal, or a constant of the same file.
 * @param {ts.Node | undefined} node
 * @returns {string | undefined}
 */
export function literalOf(node) {
  if (node === undefined) return undefined;
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isIdentifier(node)) return undefined;
  for (const candidate of nodesIn(node.getSourceFile())) {
    if (!ts.isVariableDeclaration(candidate) || !ts.isIdentifier(candidate.name)) continue;
    if (candidate.name.text === node.text && candidate.initializer !== node)
      return literalOf(candidate.initializer);
  }
  return undefined;
}
