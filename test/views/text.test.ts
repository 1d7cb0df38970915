/** Views of the admin say nothing by themselves: every word comes from the messages, so that it has its translation. */
import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const ROOT = join(import.meta.dirname, '..', '..');

/** The pages of the public site speak English only. */
const PUBLIC = /^views\/(docs|home|layout|not_found)\.tsx$/;
/** Attributes whose value people read or hear. */
const SPOKEN =
  /^(alt|aria-label|aria-description|aria-roledescription|aria-valuetext|label|placeholder|summary|title)$/;
/** Text that is no word. */
const NO_WORDS = ['<!doctype html>'];

/** The words that stand in a view: in its text, in expressions that are shown, in attributes that are read out. */
function wordsIn(path: string, text: string): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const note = (words: string) => {
    if (/\p{L}/u.test(words) && !NO_WORDS.includes(words)) found.push(words.trim());
  };

  function visit(node: ts.Node): void {
    if (ts.isJsxText(node)) note(node.text.replaceAll(/&[a-z]+;/g, ''));
    if (ts.isJsxExpression(node) && !ts.isJsxAttribute(node.parent)) literalsOf(node.expression).forEach(note);
    if (ts.isJsxAttribute(node) && SPOKEN.test(node.name.getText(file))) literalsOf(node.initializer).forEach(note);
    ts.forEachChild(node, visit);
  }
  visit(file);
  return found;
}

/** The literal texts an expression may come out as. */
function literalsOf(node: ts.Node | undefined): string[] {
  if (node === undefined) return [];
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isTemplateExpression(node)) return [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)];
  if (ts.isConditionalExpression(node)) return [...literalsOf(node.whenTrue), ...literalsOf(node.whenFalse)];
  if (ts.isBinaryExpression(node)) return [...literalsOf(node.left), ...literalsOf(node.right)];
  if (ts.isParenthesizedExpression(node) || ts.isJsxExpression(node)) return literalsOf(node.expression);
  return [];
}

const views = [...new Bun.Glob('views/**/*.tsx').scanSync(ROOT)].filter((path) => !PUBLIC.test(path)).sort();

describe('a view of the admin', () => {
  test.each(views)('%s says nothing by itself', (path) => {
    expect(wordsIn(path, readFileSync(join(ROOT, path), 'utf8'))).toEqual([]);
  });

  test.each([
    ['<p>Hello</p>', 'Hello'],
    ["<p>{isNew ? 'new' : ''}</p>", 'new'],
    [`<p>{\`\${n} views\`}</p>`, 'views'],
    ["<p>{n + ' views'}</p>", 'views'],
    ['<a aria-label="Close">×</a>', 'Close'],
    ["<input placeholder={isNew ? 'Title' : m.title} />", 'Title'],
    ['<p>Привет</p>', 'Привет'],
  ])('that holds %s is seen', (text, word) => {
    expect(wordsIn('view.tsx', `const a = ${text};`)).toEqual([word]);
  });

  test('may hold signs, classes and what comes from the messages', () => {
    const text = `const a = <p class="soft" id={\`field-\${name}\`}>{m.text} · {n}&nbsp;×</p>;`;
    expect(wordsIn('view.tsx', text)).toEqual([]);
  });
});
