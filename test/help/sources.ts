/**
 * What a source file imports and touches, read from its syntax tree: types count as imports, comments and strings do
 * not. The checks of `test/layers.test.ts` are made of this.
 */
import ts from 'typescript';

/** An import, export-from, `import()` or import type. */
export interface Import {
  /** `../db/open.ts`, `elysia`; undefined for one that is computed at run time. */
  readonly specifier: string | undefined;
  /** True when nothing of it is left at run time. */
  readonly isType: boolean;
  readonly line: number;
}

export interface Source {
  readonly imports: readonly Import[];
  /** The members of `process` that the file reads (`env`, `exit`, …), with their lines. */
  readonly processMembers: readonly { readonly name: string; readonly line: number }[];
  readonly hasDefaultExport: boolean;
  readonly lines: number;
}

/** Other ways to the same things: what they stand for among the members of `process`. */
const ALIASES: Readonly<Record<string, string>> = { 'Bun.env': 'env', 'import.meta.env': 'env' };

/** Reads one file. @param path decides between TypeScript, TSX and JavaScript */
export function readSource(path: string, text: string): Source {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const imports: Import[] = [];
  const processMembers: { name: string; line: number }[] = [];
  let hasDefaultExport = false;
  const lineOf = (node: ts.Node) => file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
  const add = (node: ts.Node, specifier: ts.Node | undefined, isType: boolean) => {
    const text = specifier !== undefined && ts.isStringLiteralLike(specifier) ? specifier.text : undefined;
    imports.push({ specifier: text, isType, line: lineOf(node) });
  };
  const touch = (node: ts.Node, name: string) => processMembers.push({ name, line: lineOf(node) });

  function visit(node: ts.Node): void {
    if (ts.isImportDeclaration(node)) {
      add(node, node.moduleSpecifier, isTypeImport(node.importClause));
      if (/^(node:)?process$/.test(specifierOf(node))) touch(node, 'import');
    }
    if (ts.isExportDeclaration(node) && node.moduleSpecifier) add(node, node.moduleSpecifier, node.isTypeOnly);
    if (ts.isImportTypeNode(node)) {
      add(node, ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, true);
    }
    if (ts.isCallExpression(node) && isImportCall(node)) add(node, node.arguments[0], false);
    if (isDefaultExport(node)) hasDefaultExport = true;
    const member = processMemberOf(node);
    if (member !== undefined) touch(node, member);
    ts.forEachChild(node, visit);
  }
  visit(file);
  const lines = text === '' ? 0 : text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  return { imports, processMembers, hasDefaultExport, lines };
}

function specifierOf(node: ts.ImportDeclaration): string {
  return ts.isStringLiteral(node.moduleSpecifier) ? node.moduleSpecifier.text : '';
}

function isTypeImport(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.isTypeOnly) return true;
  const names = clause.namedBindings;
  if (clause.name !== undefined || names === undefined || !ts.isNamedImports(names)) return false;
  return names.elements.length > 0 && names.elements.every((element) => element.isTypeOnly);
}

function isImportCall(node: ts.CallExpression): boolean {
  const { expression } = node;
  if (expression.kind === ts.SyntaxKind.ImportKeyword) return true;
  return /^(require|createRequire|module\.require|import\.meta\.require)$/.test(expression.getText());
}

function isDefaultExport(node: ts.Node): boolean {
  if (ts.isExportAssignment(node)) return true;
  if (ts.isExportSpecifier(node)) return node.name.text === 'default';
  if (!ts.canHaveModifiers(node)) return false;
  return ts.getModifiers(node)?.some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword) ?? false;
}

/** The member in `process.env`, `process['env']`, `globalThis.process.env`; `*` where it cannot be told. */
function processMemberOf(node: ts.Node): string | undefined {
  if (ts.isVariableDeclaration(node) && ts.isObjectBindingPattern(node.name) && isProcess(node.initializer)) return '*';
  if (ts.isElementAccessExpression(node) && isProcess(node.expression)) {
    return ts.isStringLiteralLike(node.argumentExpression) ? node.argumentExpression.text : '*';
  }
  if (!ts.isPropertyAccessExpression(node)) return undefined;
  return isProcess(node.expression) ? node.name.text : ALIASES[node.getText()];
}

function isProcess(node: ts.Node | undefined): boolean {
  return node !== undefined && /^(globalThis\.)?process$/.test(node.getText());
}
