import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { INTEGER_MAX } from '../../src/contents/content.ts';
import { toText } from '../../src/db/rows.ts';
import { jsonObject } from '../../src/db/sql_json.ts';
import { createTestDatabase, DIALECTS, type TestDatabase } from '../help/databases.ts';

/** Every character that can be stored up to U+2FFF, and some beyond; NUL and halves of a pair are refused before. */
const CHARACTERS = [
  ...Array.from({ length: 0x2fff }, (_, code) => String.fromCodePoint(code + 1)),
  ...['\ud7ff', '\ue000', '\ufeff', '\ufffd', '\uffff', '😀', '\u{10ffff}'],
];

describe.each(DIALECTS)('JSON made by %s', (dialect) => {
  let under: TestDatabase;
  beforeAll(async () => {
    under = await createTestDatabase(dialect);
  });
  afterAll(() => under.drop());

  async function jsonOf(text: string, integer: number): Promise<string> {
    const table = sql`(select cast(${text} as text) as title, cast(${integer} as bigint) as n) one`;
    const json = jsonObject(dialect, [
      { name: 'n', value: sql`n`, type: 'bigint' },
      { name: 'it’s "title"', value: sql`title`, type: 'text' },
    ]);
    const [row] = await under.database.rows(sql`select ${json} as json from ${table}`);
    return toText(row?.json);
  }

  test('is what JSON.stringify makes, to the byte, of every character', async () => {
    const text = CHARACTERS.join('');
    expect(await jsonOf(text, 1)).toBe(JSON.stringify({ n: 1, 'it’s "title"': text }));
  });

  test.each([0, -1, INTEGER_MAX, -INTEGER_MAX])('holds %i exactly', async (n) => {
    expect(await jsonOf('', n)).toBe(JSON.stringify({ n, 'it’s "title"': '' }));
  });
});
