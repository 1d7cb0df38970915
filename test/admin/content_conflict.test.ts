import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { audio } from '../../src/contents/audio.ts';
import { createContent, findContent } from '../../src/store/contents.ts';
import { applyBatch } from '../../src/store/impressions.ts';
import { TESTER } from '../help/actor.ts';
import { createUsers, logIn, type Visitor } from '../help/admin.ts';
import { DIALECTS } from '../help/databases.ts';
import { HOSTILE, isBroken } from '../help/hostile.ts';
import { readFields } from '../help/html.ts';
import { startTestHub, type TestHub } from '../help/hub.ts';

const SAVES = 200;
const VIEWS_AT_ONCE = 3;
const ROWS_MAX = 1000;
/** The form that chooses field by field, and the one that takes all of mine: the first and second to this address. */
const CHOICE = /class="stack"/;

describe.each(DIALECTS)('two editors of a content (%s)', (dialect) => {
  let hub: TestHub;
  let editor: Visitor;
  let other: Visitor;

  beforeAll(async () => {
    hub = await startTestHub(dialect);
    await createUsers(hub.database);
    [editor, other] = [await logIn(hub, 'editor'), await logIn(hub, 'admin')];
  });
  afterAll(() => hub.stop());

  const add = (title: string, text: string) =>
    hub.database.tx((tx) => createContent(tx, TESTER, audio, { title, text }));
  const find = (id: number) => findContent(hub.database, audio, id);
  const save = (visitor: Visitor, id: number, version: number, title: string, text: string) =>
    visitor.post(`/admin/contents/audio/${id}/`, { title, text, version: String(version), _save: '1' });
  /** What the page's form would send, by field. */
  const chosen = (html: string) => {
    const { csrf_token: _, ...fields } = readFields(html, CHOICE);
    return Object.fromEntries(Object.entries(fields).map(([name, [value = '']]) => [name, value]));
  };

  test('are both shown, and who saved first, when the second comes too late', async () => {
    const id = await add('Title', 'old text');
    expect((await save(other, id, 1, 'Their title', 'their text')).status).toBe(303);
    const answer = await save(editor, id, 1, 'My title', 'my text');
    expect(answer.status).toBe(409);
    const page = await answer.text();
    expect(page).toMatch(/admin saved this while you were editing \(.+\)/);
    for (const text of ['My title', 'my text', 'Their title', 'their text']) expect(page).toContain(text);
    expect(await find(id)).toMatchObject({ title: 'Their title', version: 2, fields: { text: 'their text' } });
  });

  test('are merged by field: who changed a field keeps it, and mine is marked where both did', async () => {
    const id = await add('Title', 'line one\nline two');
    await save(other, id, 1, 'Their title', 'line one\nline two');
    const page = await (await save(editor, id, 1, 'Title', 'line one\nmy line')).text();
    expect(chosen(page)).toEqual({ title: 'Their title', text: 'line one\nmy line', version: '2' });
    expect(page).not.toContain('changed by both');
    expect((await other.post(`/admin/contents/audio/${id}/`, chosen(page))).status).toBe(303);
    expect(await find(id)).toMatchObject({ title: 'Their title', version: 3, fields: { text: 'line one\nmy line' } });

    await save(other, id, 3, 'Theirs', 'line one\nmy line');
    const clash = await (await save(editor, id, 3, 'Mine', 'line one\nmy line')).text();
    expect(clash).toContain('changed by both');
    expect(chosen(clash)).toEqual({ title: 'Mine', text: 'line one\nmy line', version: '4' });
  });

  test('who are several saves apart are merged by what both began with', async () => {
    const id = await add('Title', 'text');
    await save(other, id, 1, 'Second', 'text');
    await save(other, id, 2, 'Third', 'text');
    const page = await (await save(editor, id, 1, 'Title', 'mine')).text();
    expect(chosen(page)).toEqual({ title: 'Third', text: 'mine', version: '3' });
    expect(page).not.toContain('changed by both');
  });

  test('are shown as a clash where history does not know what both began with', async () => {
    const id = await add('Title', 'text');
    await save(other, id, 1, 'Second', 'text');
    const { history } = hub.database.tables;
    await hub.database.tx((tx) =>
      tx.rows(sql`delete from ${history} where label = ${audio.label} and object_id = ${id}`),
    );
    const page = await (await save(editor, id, 1, 'Title', 'mine')).text();
    expect(page).toContain('changed by both');
    expect(chosen(page)).toEqual({ title: 'Title', text: 'mine', version: '2' });
  });

  test('are a clash where an edit left no history, whatever the edits around it say', async () => {
    const id = await add('Title', 'text');
    await save(other, id, 1, 'Second', 'text');
    const quietly = sql`update ${hub.database.tables.contents.get(audio.label)} set title = 'Quiet', version = version + 1`;
    await hub.database.tx((tx) => tx.rows(sql`${quietly} where id = ${id}`));
    await save(other, id, 3, 'Fourth', 'text');
    const page = await (await save(editor, id, 2, 'Title', 'text')).text();
    expect(page).toContain('changed by both');
    expect(chosen(page)).toEqual({ title: 'Title', text: 'text', version: '4' });
  });

  test('show the words that differ', async () => {
    const id = await add('Title', 'the quick brown fox');
    await save(other, id, 1, 'Title', 'the quick red fox');
    const page = await (await save(editor, id, 1, 'Title', 'the slow brown fox')).text();
    expect(page).toMatch(/<span>the <\/span><del>quick red<\/del><ins>slow brown<\/ins><span> fox<\/span>/);
  });

  test('can take all of mine, whatever the merge would be', async () => {
    const id = await add('Title', 'text');
    await save(other, id, 1, 'Their title', 'their text');
    const page = await (await save(editor, id, 1, 'Title', 'mine')).text();
    const whole = readFields(page.slice(page.indexOf('class="conflict-whole"')), /enctype/);
    expect(whole).toMatchObject({ title: ['Title'], text: ['mine'], version: ['2'] });
    expect((await editor.post(`/admin/contents/audio/${id}/`, whole)).status).toBe(303);
    expect(await find(id)).toMatchObject({ title: 'Title', version: 3, fields: { text: 'mine' } });
  });

  test('too late again are shown again, with what was chosen', async () => {
    const id = await add('Title', 'text');
    await save(other, id, 1, 'Second', 'text');
    const first = await (await save(editor, id, 1, 'Mine', 'my text')).text();
    await save(other, id, 2, 'Third', 'text');
    const again = await editor.post(`/admin/contents/audio/${id}/`, chosen(first));
    expect(again.status).toBe(409);
    const page = await again.text();
    expect(chosen(page)).toEqual({ title: 'Mine', text: 'my text', version: '3' });
    expect((await editor.post(`/admin/contents/audio/${id}/`, chosen(page))).status).toBe(303);
    expect(await find(id)).toMatchObject({ title: 'Mine', version: 4, fields: { text: 'my text' } });
  });

  test('who save the same are not in conflict', async () => {
    const id = await add('Title', 'text');
    await save(other, id, 1, 'Same', 'same');
    expect((await save(editor, id, 1, 'Same', 'same')).status).toBe(303);
    expect(await find(id)).toMatchObject({ version: 2 });
  });

  test.each(['', '0', '-1', 'x', '1.5', '99999999999999999999', '7'])(
    'are told apart by a version of %j',
    async (version) => {
      const id = await add('Title', 'text');
      const answer = await editor.post(`/admin/contents/audio/${id}/`, { title: 'Mine', text: 'mine', version });
      expect(answer.status).toBe(409);
      expect(chosen(await answer.text())).toEqual({ title: 'Mine', text: 'mine', version: '1' });
      expect(await find(id)).toMatchObject({ title: 'Title', version: 1 });
    },
  );

  test.each(HOSTILE)('see %j as text', async (text) => {
    const id = await add('Title', 'text');
    const theirs = `${text} theirs`;
    const saved = await save(other, id, 1, theirs, theirs);
    expect(saved.status).toBe(303);
    const page = await (await save(editor, id, 1, `${text} mine`, `\n${text} mine`)).text();
    expect(isBroken(page)).toBe(false);
    const normal = (value: string) => value.replaceAll('\r\n', '\n');
    expect(chosen(page)).toEqual({ title: normal(`${text} mine`), text: normal(`\n${text} mine`), version: '2' });
  });

  test('long texts are shown where they differ', async () => {
    const long = (word: string) => `${'same words here. '.repeat(10_000)}${word}${' and there.'.repeat(10_000)}`;
    const id = await add('Title', long('old'));
    await save(other, id, 1, 'Title', long('theirs'));
    const answer = await save(editor, id, 1, 'Title', long('mine'));
    const page = await answer.text();
    const diff = page.slice(page.indexOf('class="diff"')).replace(/<\/div>.*/s, '');
    expect(diff).toContain('<del>theirs</del><ins>mine</ins>');
    expect(diff.length).toBeLessThan(1000);
    expect(chosen(page)).toMatchObject({ text: long('mine') });
  });

  test('are not disturbed by views that are counted meanwhile, and no view is lost', async () => {
    const id = await add('Title', 'text');
    let isSaving = true;
    let flushed = 0;
    const flushing = (async () => {
      while (isSaving) {
        flushed += 1;
        const views = new Map([[id, VIEWS_AT_ONCE]]);
        const batch = { source: 'test', label: audio.label, seq: flushed, batchId: String(flushed), views };
        await hub.database.tx((tx) => applyBatch(tx, batch, ROWS_MAX));
        // SQLite answers without giving way to what else there is to do.
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    for (let version = 1; version <= SAVES; version += 1) {
      const answer = await save(editor, id, version, `Title ${version}`, `text ${version}`);
      expect(answer.status).toBe(303);
    }
    isSaving = false;
    await flushing;
    expect(flushed).toBeGreaterThan(SAVES / 10);
    expect(await find(id)).toMatchObject({
      title: `Title ${SAVES}`,
      version: SAVES + 1,
      counter: flushed * VIEWS_AT_ONCE,
    });
  }, 60_000);
});
