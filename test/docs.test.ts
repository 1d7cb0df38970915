import { describe, expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { settingsTable } from '../src/config_print.ts';

const ROOT = join(import.meta.dirname, '..');

const DOCUMENTS = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

function read(document: string): string {
  return readFileSync(join(ROOT, document), 'utf8');
}

/** A document without its code blocks: what stands in them is an example. */
function prose(document: string): string {
  return read(document).replaceAll(/^```.*?^```/gms, '');
}

/** The anchors GitHub makes of a document's headings. */
function anchorsOf(document: string): string[] {
  return [...prose(document).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe.each(DOCUMENTS)('%s', (document) => {
  test('links to files and headings that exist', () => {
    const targets = [...prose(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
    const broken = targets.filter((target) => {
      if (/^[a-z]+:/.test(target)) return false;
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? join(ROOT, document) : join(ROOT, dirname(document), path);
      if (!existsSync(file)) return true;
      return anchor !== undefined && !anchorsOf(relative(ROOT, file)).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  test('names files and folders of the project that exist', () => {
    const names = [...prose(document).matchAll(/`((?:src|views|drizzle|docs|fixtures|test)\/[\w./-]*)`/g)];
    // What docs/extending.md has its reader make.
    const made = ['src/contents/quiz.ts', 'src/contents/fields/language.ts'];
    const missing = names.map(([, name = '']) => name).filter((name) => !made.includes(name));
    expect(missing.filter((name) => !existsSync(join(ROOT, name)))).toEqual([]);
  });
});

test('docs/operating.md has the settings table that `contenthub config --markdown` prints', () => {
  const [, table] = /<!-- settings -->\n(.*)<!-- \/settings -->/s.exec(read('docs/operating.md')) ?? [];
  expect(table).toBe(settingsTable());
});
